/* Written for the next contract. */
#define FIXTURE_SYMBOL millrace_module_v2
#include "whole.h"
