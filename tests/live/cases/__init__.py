"""The live tests. Importing this package collects them all."""

from . import comparator  # noqa: F401
from . import applications, shared_applications, asterisk, calls, clients, outbound  # noqa: F401
from . import requests  # noqa: F401
from . import channels, device_states, endpoints  # noqa: F401
from . import bridges  # noqa: F401
from . import bridge_crowds  # noqa: F401
from . import bridge_sound  # noqa: F401
from . import bridge_members  # noqa: F401
from . import bridge_recordings  # noqa: F401
from . import bridge_transfers  # noqa: F401
from . import operations  # noqa: F401
from . import faults, hangups  # noqa: F401
from . import capture  # noqa: F401
from . import playbacks  # noqa: F401
from . import recordings  # noqa: F401
from . import sound  # noqa: F401
from . import setup  # noqa: F401
from . import snoop  # noqa: F401
