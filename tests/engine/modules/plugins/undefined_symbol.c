/* Links against a library that is not there. */
int from_a_library_that_is_gone(void);
#define FIXTURE_CREATE (*self = &instance, from_a_library_that_is_gone())
#include "whole.h"
