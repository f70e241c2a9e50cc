/* Shows a second symbol. */
#include "whole.h"
MR_EXPORT int helper(void);
int helper(void) { return 1; }
