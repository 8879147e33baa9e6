"""What pySigma finds as `sigma.backends.clickhouse`, so that `sigma convert -t clickhouse` knows the backend.

pySigma looks for plugins as modules of its namespace package; the wheel installs this file there.
"""

from detectors.backend import ClickHouseBackend

backends = {"clickhouse": ClickHouseBackend}
