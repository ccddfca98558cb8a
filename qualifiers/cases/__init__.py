"""Cases of a funnel: stories of leads, and what the funnel must make of them; what `leadgate test` runs.

Pure, as all of `qualifiers` is: texts come in, outcomes go out.
"""

from qualifiers.cases.loader import CaseFaults, LoadedCase, load_cases
from qualifiers.cases.outcomes import Failure, Outcome
from qualifiers.cases.running import run_case

__all__ = ["CaseFaults", "Failure", "LoadedCase", "Outcome", "load_cases", "run_case"]
