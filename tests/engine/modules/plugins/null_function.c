/* stop is missing. */
#define FIXTURE_STOP NULL
#include "whole.h"
