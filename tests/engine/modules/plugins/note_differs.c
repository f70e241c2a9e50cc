/* The note was forgotten when the version went up. */
#define FIXTURE_VERSION "1.1.0"
#include "whole.h"
