"""A real Kubernetes control plane for tests, the demo and benchmarks, without a container engine.

>>> with start(Options(audit=True)) as cluster:
...     cluster.kubectl("get", "pods", user="alice")
"""

from devcluster.cluster import Cluster
from devcluster.errors import DevclusterError
from devcluster.operator_process import OperatorProcess
from devcluster.options import Options, Source
from devcluster.starting import start

__all__ = ["Cluster", "DevclusterError", "OperatorProcess", "Options", "Source", "start"]
