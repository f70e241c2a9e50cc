/* start has no claims that could have moved. */
#define FIXTURE_START MR_MOVED
#include "whole.h"
