/* There is no fourth kind. */
#define FIXTURE_KIND 4
#include "whole.h"
