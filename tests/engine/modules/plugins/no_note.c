/* Cannot be read without loading it. */
#define FIXTURE_NO_NOTE
#include "whole.h"
