" Colours of Millrace rules. Which words there are is compared with the compiler by a test.
if exists("b:current_syntax")
  finish
endif

syn case match
syn iskeyword @,48-57,_

" Words that are never names, but behind a dot, and words that mean something in their place only.
syn keyword millraceReserved and as else ends every exists ignoring in is matches not or satisfies some starts when
" A word that :syn keyword takes for an option of its own.
syn match millraceReserved /\v<%(contains)>/
syn keyword millraceConstant false null true
syn match millraceKeyword /\v%(\.|\w)@<!%(additive|all|at|by|case|column|compact|conflict|csv|dead_letter|def|drop|edition|event|evolve|expect|file|first|for|from|frozen|given|group|header|import|include|index|invalid|keep|key|last|let|lookup|match|most|newest|none|of|omit|on|one|open|other|otherwise|partition|partitioner|partitions|precision|primary|reject|renamed|replicas|required|retention|route|router|row|rules|skip|table|tap|test|timestamp|to|topic|topics|where|with)>\ze%(\s+["`{(\[A-Za-z_0-9]|\s*%($|#|\}))%(\s+%(and|or|in|is|matches|starts|ends|contains|ignoring|as|else|satisfies|not\s+%(in|matches|starts|ends|contains))>)@!/
syn match millraceFunction /\v%(\.|\w)@<!%(abs|concat|count|date|first|hash|host|hour|json|last|length|lower|max|min|parse_time|round|sampled|split|substring|trim|truncate|upper)\ze\s*\(/
syn match millraceType /\v%([:<]\s*)@<=%(any|bool|decimal|duration|float|int|ip|list|object|string|timestamp|uuid|version)>/
syn match millraceType /\v%(<as\s+)@<=%(any|bool|decimal|duration|float|int|ip|list|object|string|timestamp|uuid|version)>/
syn match millraceSqlType /\v%(^\s*%(\h\w*|`[^`]*`)\s+)@<=%(boolean|bool|smallint|int|integer|bigint|numeric|decimal|real|double\s+precision|text|varchar|char|timestamptz|date|uuid|jsonb|interval|inet)>\ze[ \t(),0-9]*%(\[\])?\s*\=%(\=)@!/

syn match millraceMember /\v\.@<!\.\s*\h\w*/
syn match millraceQuotedName /`[^`]*`/
syn match millraceNumber /\v<\d[0-9_]*%(\.\d[0-9_]*)?%([eE][+-]?\d[0-9_]*)?%(\%|%(ms|[smhdw])>)?/
syn match millraceEscape contained /\v\\%(["\\/bfnrt{}]|u\{\x{1,6}\}|u\x{4})/
syn match millraceEscape contained /\v\{\{|\}\}/
syn match millraceHole contained /\v\{[A-Za-z_`][^{}"\\]*\}/
syn region millraceText oneline start=/"/ skip=/\\./ end=/"\|$/ contains=millraceEscape,millraceHole
syn match millraceRegex /\v%(<matches\s+)@<=\/%([^\/\\]|\\.)+\/i?/
syn match millraceComment /#.*$/ contains=@Spell

hi def link millraceReserved Operator
hi def link millraceConstant Constant
hi def link millraceKeyword Keyword
hi def link millraceFunction Function
hi def link millraceType Type
hi def link millraceSqlType Type
hi def link millraceMember Identifier
hi def link millraceQuotedName Identifier
hi def link millraceNumber Number
hi def link millraceEscape SpecialChar
hi def link millraceHole Special
hi def link millraceText String
hi def link millraceRegex String
hi def link millraceComment Comment

let b:current_syntax = "millrace"
