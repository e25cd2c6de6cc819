"""Constants that several formulas share."""

import math

LOG_TWO_PI = math.log(2 * math.pi)
