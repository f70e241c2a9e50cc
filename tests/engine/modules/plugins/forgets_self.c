/* create answers MR_OK and gives nothing. */
#define FIXTURE_CREATE MR_OK
#include "whole.h"
