"""Where and how work is executed: devices, the processes of one job, progress, memory."""

from netrazor.runtime import devices, processes
from netrazor.runtime.memory import keep_freed_memory
from netrazor.runtime.reporting import SILENT, Reporter, Silent

__all__ = ["SILENT", "Reporter", "Silent", "devices", "keep_freed_memory", "processes"]
