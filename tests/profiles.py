"""How hard the property tests look: HYPOTHESIS_PROFILE is `ci`, `wheel`, `dev`, `deep` or `mutants`.

`ci`, the default, draws the same examples each time: a build turns red because of what was changed, not
by luck, and whoever gets it green has met the same examples. What is new is found by
`deep`, which is random, is run by hand (`HYPOTHESIS_PROFILE=deep`), and keeps what it
found in the example database, for the next run to begin with. `wheel` draws few, always the
same: that compiled code says what plain Python says, a few show. `mutants` is
for `tests.mutation`: few examples, always the same, and the first that fails is enough.

A profile says how many examples a property of the usual weight gets; the others ask for
their share of it.
"""

import os

from hypothesis import HealthCheck, Phase, settings

EXAMPLES = {"dev": 20, "ci": 300, "wheel": 20, "deep": 20_000, "mutants": 12}
_ALWAYS_THE_SAME = ("ci", "wheel", "mutants")

for _name, _examples in EXAMPLES.items():
    settings.register_profile(
        _name,
        max_examples=_examples,
        derandomize=_name in _ALWAYS_THE_SAME,
        database=None if _name in _ALWAYS_THE_SAME else settings.default.database,  # type: ignore[union-attr]
        phases=[Phase.explicit, Phase.generate] if _name == "mutants" else tuple(Phase),
        deadline=None,  # a slow machine is no fault of the code
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def share(of_the_usual: float) -> int:
    """So many examples, as a share of what a property gets under the profile in force."""
    return max(1, round(settings().max_examples * of_the_usual))
