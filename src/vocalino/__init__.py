"""Vocalino: a line, a direction and a voice in; ranked takes out.

Importing this package loads no torch and no engine.
"""

__version__ = "0.1.0"
