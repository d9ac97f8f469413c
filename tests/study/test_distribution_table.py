"""What can be wrong in the numbers of a distribution: one line each."""

import pytest

# What stands in uncertainty.toml now, what the user wrote instead, and the message.
CASES = {
    "key of another distribution": (
        "sigma = 0.2",
        "sd = 0.2",
        "uncertainty.toml:15: parameters.tasks.sd: 'sd' is no key of a lognormal distribution; "
        "its keys are median, sigma, low, high",
    ),
    "missing number": (
        "sigma = 0.2\n",
        "",
        "uncertainty.toml:12: parameters.tasks: the key 'sigma' is missing; a lognormal "
        "distribution needs median and sigma",
    ),
    "no distribution": (
        'distribution = "lognormal"\n',
        "",
        "uncertainty.toml:12: parameters.tasks: the key 'distribution' is missing",
    ),
    "unknown distribution": (
        '"triangular"',
        '"triangle"',
        "uncertainty.toml:5: parameters.Stay.distribution: there is no distribution "
        "'triangle'; did you mean 'triangular'? there are uniform, triangular, normal, "
        "lognormal, beta, discrete and scipy.NAME",
    ),
    "a distribution of SciPy without scipy": (
        '"scipy.gamma"',
        '"gamma"',
        "uncertainty.toml:19: parameters.staff.distribution: there is no distribution 'gamma'; "
        "did you mean 'scipy.gamma'? there are uniform, triangular, normal, lognormal, beta, "
        "discrete and scipy.NAME",
    ),
    "unknown distribution of SciPy": (
        '"scipy.gamma"',
        '"scipy.gama"',
        "uncertainty.toml:19: parameters.staff.distribution: SciPy has no distribution 'gama' "
        "of one number; did you mean 'scipy.gamma'? the names are those of scipy.stats",
    ),
    "something else of scipy.stats": (
        '"scipy.gamma"',
        '"scipy.describe"',
        "uncertainty.toml:19: parameters.staff.distribution: SciPy has no distribution "
        "'describe' of one number; the names are those of scipy.stats",
    ),
    "not finite": (
        "sigma = 0.2",
        "sigma = nan",
        "uncertainty.toml:15: parameters.tasks.sigma: nan is no value; give a finite number",
    ),
    "infinite end": (
        "high = 200.0",
        "high = inf",
        "uncertainty.toml:22: parameters.staff.high: inf is no value; give a finite number",
    ),
    "negative sd": (
        "sd = 0.1",
        "sd = -0.1",
        "uncertainty.toml:31: lookups.effect of load.slope.sd: 'sd' is -0.1; give more than 0",
    ),
    "zero sigma": (
        "sigma = 0.2",
        "sigma = 0",
        "uncertainty.toml:15: parameters.tasks.sigma: 'sigma' is 0; give more than 0",
    ),
    "empty range": (
        "low = 10\n",
        "low = 40\n",
        "uncertainty.toml:7: parameters.Stay.high: the range is empty: low is 40 and high is "
        "40; let high be more than low",
    ),
    "mode outside": (
        "high = 40\n",
        "high = 40\nmode = 50\n",
        "uncertainty.toml:8: parameters.Stay.mode: the mode 50 is outside of 10 to 40; let it "
        "be between low and high",
    ),
    "base outside": (
        "low = 10\n",
        "low = 21\n",
        "uncertainty.toml:6: parameters.Stay.low: the base value 20 of 'stay' is outside of 21 "
        "to 40; let the distribution hold it; a run without draws has it",
    ),
    "base above": (
        "high = 12.0",
        "high = 9.0",
        "uncertainty.toml:39: changes #1 high: the base value 10 of the change of 'hiring "
        "rate' in the policy 'hire' is outside of 8 to 9; let the distribution hold it; a run "
        "without draws has it",
    ),
    "base outside of the strength": (
        "low = 0.5, high = 1.5",
        "low = 1.1, high = 1.5",
        "uncertainty.toml:27: lookups.effect of load.strength.low: the base value 1 of the "
        "strength of 'effect of load' is outside of 1.1 to 1.5; let the distribution hold it; "
        "a run without draws has it",
    ),
    "beta range": (
        "low = 0.5, high = 1.5",
        "low = 1.5",
        "uncertainty.toml:27: lookups.effect of load.strength.low: the range is empty: low is "
        "1.5 and high is 1; give both low and high; they are 0 and 1 unless given",
    ),
    "lognormal below 0": (
        "sigma = 0.2",
        "sigma = 0.2\nlow = -1",
        "uncertainty.toml:16: parameters.tasks.low: 'low' is -1, and a lognormal distribution "
        "has nothing below 0; leave it out",
    ),
    "cut away": (
        "sd = 0.1",
        "sd = 0.1\nlow = 5",
        "uncertainty.toml:32: lookups.effect of load.slope.low: the distribution has next to "
        "nothing (0) between 5 and inf; move the cut, or the distribution",
    ),
    "never finite": (
        "sigma = 0.2",
        "sigma = 200",
        "uncertainty.toml:12: parameters.tasks: the distribution reaches from 0 to inf; give "
        "numbers that keep it finite",
    ),
    "no value": (
        "[50, 30]\nweights = [3, 1]",
        "[]",
        "uncertainty.toml:47: changes #2 values: there is no value; write at least one",
    ),
    "weights short": (
        "[3, 1]",
        "[3]",
        "uncertainty.toml:48: changes #2 weights: the number of weights is 1, of values 2; "
        "give one for each value",
    ),
    "weight zero": (
        "[3, 1]",
        "[3, 0]",
        "uncertainty.toml:48: changes #2 weights: a weight is 0; give more than 0, or leave "
        "the value out",
    ),
    "value twice": (
        "[50, 30]",
        "[50, 50]",
        "uncertainty.toml:47: changes #2 values: 50 is there 2 times; give it once, with the "
        "weight of all",
    ),
    "base not a value": (
        "[50, 30]",
        "[60, 30]",
        "uncertainty.toml:47: changes #2 values: the base value 50 of the change of 'tasks' in "
        "the scenario 'busy' is none of the values; put it among them; a run without draws has "
        "it",
    ),
    "base beyond the values": (
        "[50, 30]",
        "[40, 30]",
        "uncertainty.toml:47: changes #2 values: the base value 50 of the change of 'tasks' in "
        "the scenario 'busy' is outside of 30 to 40; let the distribution hold it; a run "
        "without draws has it",
    ),
    "no such arg": (
        "scale = 2.0",
        "scal = 2.0",
        "uncertainty.toml:20: parameters.staff.args: 'scal' is no parameter of scipy.gamma; "
        "did you mean 'scale'? they are a, loc, scale",
    ),
    "missing shape": (
        "a = 50.0, ",
        "",
        "uncertainty.toml:20: parameters.staff.args: the shape 'a' of scipy.gamma is missing; "
        "write args = { a = … }",
    ),
    "args out of range": (
        "a = 50.0",
        "a = -50.0",
        "uncertainty.toml:20: parameters.staff.args: scipy.gamma does not exist for these "
        "args; see their ranges in the documentation of scipy.stats",
    ),
    "whole numbers cut": (
        '"scipy.gamma"\nargs = { a = 50.0, scale = 2.0 }',
        '"scipy.poisson"\nargs = { mu = 100.0 }',
        "uncertainty.toml:21: parameters.staff.low: scipy.poisson has separate values and "
        "cannot be cut; use a discrete distribution with the values that are left",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_whole_line(uncertain_refusal, case) -> None:
    old, new, line = case
    assert uncertain_refusal(old, new) == line
