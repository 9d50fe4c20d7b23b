"""A stand-in for Restream's API on loopback, with books of what happened, and faults."""

from batchclip.simulator.books import Books, CreateRecord, Effect, Identity
from batchclip.simulator.faults import FAULT_KINDS, TOKEN_KINDS, TOKEN_PATH, ScriptedFault
from batchclip.simulator.script import load_script
from batchclip.simulator.server import Simulator
from batchclip.simulator.settings import SimulatorSettings

__all__ = [
    "FAULT_KINDS",
    "TOKEN_KINDS",
    "TOKEN_PATH",
    "Books",
    "CreateRecord",
    "Effect",
    "Identity",
    "ScriptedFault",
    "Simulator",
    "SimulatorSettings",
    "load_script",
]
