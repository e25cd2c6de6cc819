"""The algorithms: to add one, write its file and import it here."""

from . import a2c as a2c
from . import apg as apg
from . import awr as awr
from . import dqn as dqn
from . import impala as impala
from . import mpo as mpo
from . import ppo as ppo
from . import pqn as pqn
from . import recurrent_ppo as recurrent_ppo
from . import reinforce as reinforce
from . import sac as sac
from . import td3 as td3
from . import trpo as trpo
from . import vmpo as vmpo
from . import vpg as vpg
