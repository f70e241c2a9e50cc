/* A sink that says it replays. */
#define FIXTURE_FLAGS (MR_TAKES_MESSAGES | MR_REPLAYS)
#include "whole.h"
