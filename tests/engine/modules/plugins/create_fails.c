/* The configuration is wrong, and it says so. */
#include <stdio.h>
#define FIXTURE_CREATE (snprintf(error->text, sizeof error->text, "brokers: 'localhost' has no port"), MR_INVALID)
#include "whole.h"
