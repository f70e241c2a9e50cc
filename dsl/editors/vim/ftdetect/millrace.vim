" Vim knows other files of that ending by where they lie: those of udev and of polkit.
autocmd BufNewFile,BufRead *.rules if index(["udevrules", "javascript"], &filetype) < 0 | set filetype=millrace | endif
