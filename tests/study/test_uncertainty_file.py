"""What can be wrong in uncertainty.toml beside its distributions: one line each."""

import pytest

# What stands in uncertainty.toml now, what the user wrote instead, and the message.
CASES = {
    "unknown table": (
        "[parameters.tasks]",
        "[parameter.tasks]",
        "uncertainty.toml:12: parameter: 'parameter' is no key of this table; did you mean "
        "'parameters'? the keys are design, parameters, lookups, changes, correlations",
    ),
    "unknown key": (
        "claims = [1]",
        "claim = [1]",
        "uncertainty.toml:10: parameters.Stay.claim: 'claim' is no key of this table; did you "
        "mean 'claims'? the keys are distribution, low, mode, high, mean, sd, median, sigma, "
        "a, b, values, weights, args, reason, source, claims, units",
    ),
    "unknown design": (
        '"random"',
        '"sobool"',
        "uncertainty.toml:2: design.method: 'sobool' is not one of sobol, lhs, random; did you "
        "mean 'sobol'?",
    ),
    "text for a number": (
        "median = 100.0",
        'median = "100"',
        "uncertainty.toml:14: parameters.tasks.median: must be a number, not '100'",
    ),
    "misspelt number": (
        "sigma = 0.2",
        "sigm = 0.2",
        "uncertainty.toml:15: parameters.tasks.sigm: 'sigm' is no key of this table; did you "
        "mean 'sigma'? the keys are distribution, low, mode, high, mean, sd, median, sigma, a, "
        "b, values, weights, args, reason, source, claims, units",
    ),
    "unknown variable": (
        "parameters.tasks",
        "parameters.task",
        "uncertainty.toml:12: parameters.task: 'task' is not a variable of "
        "{folder}/office.mdl; did you mean 'tasks'? `flatgov describe` lists the names",
    ),
    "one element": (
        "parameters.tasks",
        'parameters."tasks[A]"',
        "uncertainty.toml:12: parameters.tasks[A]: 'tasks[A]' is one element, and elements "
        "cannot be named one by one; give 'tasks', which means all of them",
    ),
    "auxiliary": (
        "parameters.tasks",
        "parameters.load",
        "uncertainty.toml:12: parameters.load: 'load' is an auxiliary and cannot be changed; "
        "change a constant, the initial value of a stock or a lookup table, such as one of "
        "those that it uses: tasks, Staff",
    ),
    "lookup as parameter": (
        "[parameters.tasks]",
        '[parameters."effect of load"]',
        "uncertainty.toml:12: parameters.effect of load: 'effect of load' is a lookup table "
        'and has no one value; scale it: write [lookups."effect of load"]',
    ),
    "time setting": (
        "parameters.tasks",
        'parameters."time step"',
        "uncertainty.toml:12: parameters.time step: TIME STEP is a time setting; give "
        "time_step=… (in Python) or change it in the model",
    ),
    "units": (
        '"Month"',
        '"Year"',
        "uncertainty.toml:8: parameters.Stay.units: the units are 'Year' but 'stay' is in "
        "'Month'; give the values in 'Month'",
    ),
    "below the limit": (
        "low = 10\n",
        "low = 0.5\n",
        "uncertainty.toml:6: parameters.Stay.low: 'stay' could be 0.5, below the lower limit 1 "
        "of the model; keep it at least 1",
    ),
    "open beyond the limit": (
        'distribution = "triangular"\nlow = 10\nhigh = 40',
        'distribution = "normal"\nmean = 20\nsd = 4',
        "uncertainty.toml:4: parameters.Stay: the distribution has no lower end, but 'stay' "
        "has the lower limit 1 of the model; cut it: low = 1",
    ),
    "reason": (
        'source = "Someone (2020)."\n',
        "",
        "uncertainty.toml:12: parameters.tasks: there is neither 'reason' nor 'source'; say "
        "why this is assumed, or where it comes from",
    ),
    "claim": (
        "claims = [1]",
        "claims = [7]",
        "uncertainty.toml:10: parameters.Stay.claims: there is no claim 7 in evidence.toml; "
        "the nearest are 1, 2",
    ),
    "twice": (
        "[parameters.staff]",
        "[parameters.TASKS]",
        "uncertainty.toml:18: parameters.TASKS: 'tasks' is given twice, also at "
        "{folder}/uncertainty.toml:12: parameters.tasks; keep one of them",
    ),
    "parameter as lookup": (
        '[lookups."effect of load".slope]',
        "[lookups.tasks]\nnormal = [1, 1]\n[lookups.tasks.slope]",
        "uncertainty.toml:28: lookups.tasks: 'tasks' is no lookup table but of the kind "
        'constant; write [parameters."tasks"]',
    ),
    "flow as lookup": (
        '[lookups."effect of load".slope]',
        "[lookups.hiring]\nnormal = [1, 1]\n[lookups.hiring.slope]",
        "uncertainty.toml:28: lookups.hiring: 'hiring' is no lookup table but of the kind "
        "flow; name a lookup table",
    ),
    "normal off": (
        "normal = [1, 1]",
        "normal = [1.5, 1]",
        "uncertainty.toml:26: lookups.effect of load.normal: the normal point (1.5, 1) is not "
        "on the table of 'effect of load'; at 1.5 the table gives 1.5",
    ),
    "normal beyond": (
        "normal = [1, 1]",
        "normal = [3, 2]",
        "uncertainty.toml:26: lookups.effect of load.normal: the normal point is at 3, outside "
        "of the table; 'effect of load' goes from 0 to 2",
    ),
    "normal of three": (
        "normal = [1, 1]",
        "normal = [1, 1, 1]",
        "uncertainty.toml:26: lookups.effect of load.normal: must be two in brackets, not 3",
    ),
    "neither": (
        'strength = { distribution = "beta", a = 2, b = 2, low = 0.5, high = 1.5, reason = "A '
        'guess." }\n'
        '[lookups."effect of load".slope]\n'
        'distribution = "normal"\n'
        "mean = 1.0\n"
        "sd = 0.1\n"
        'reason = "A guess."\n',
        "",
        "uncertainty.toml:25: lookups.effect of load: there is neither 'strength' nor 'slope'; "
        "say how uncertain the effect is: strength = { distribution = … }",
    ),
    "change: policy": (
        'policy = "hire"',
        'policy = "hir"',
        "uncertainty.toml:35: changes #1 policy: there is no policy 'hir'; did you mean "
        "'hire'? there are now, hire, both",
    ),
    "change: scenario": (
        'scenario = "busy"',
        'scenario = "bussy"',
        "uncertainty.toml:44: changes #2 scenario: there is no scenario 'bussy'; did you mean "
        "'busy'? there are calm, busy",
    ),
    "change: both": (
        'policy = "hire"',
        'policy = "hire"\nscenario = "busy"',
        "uncertainty.toml:34: changes #1: there is both 'policy' and 'scenario'; name the "
        "policy or the scenario whose change is uncertain",
    ),
    "change: none": (
        'policy = "hire"\n',
        "",
        "uncertainty.toml:34: changes #1: the key 'policy' is missing; name the policy or the "
        "scenario whose change is uncertain",
    ),
    "change: of the policy that it extends": (
        'policy = "hire"',
        'policy = "both"',
        "uncertainty.toml:36: changes #1 variable: the policy 'both' does not itself change "
        "'hiring rate'; name hire, which does",
    ),
    "change: variable nobody changes": (
        'variable = "hiring rate"',
        'variable = "stay"',
        "uncertainty.toml:36: changes #1 variable: the policy 'hire' does not itself change "
        "'stay'; it changes hiring rate",
    ),
    "change: number": (
        'variable = "hiring rate"',
        'variable = "hiring rate"\nnumber = 2',
        "uncertainty.toml:37: changes #1 number: there is no change 2: the policy 'hire' "
        "changes 'hiring rate' once; leave it out",
    ),
    "change: units": (
        '"Person/Month"\nreason',
        '"Person"\nreason',
        "uncertainty.toml:40: changes #1 units: the units are 'Person' but the change of "
        "'hiring rate' in the policy 'hire' is in 'Person/Month'; give the values in "
        "'Person/Month'",
    ),
    "change: beyond the limit": (
        "high = 12.0",
        "high = 22.0",
        "uncertainty.toml:39: changes #1 high: 'hiring rate' would be 22 at 2021-01 in policy "
        "'hire', above the upper limit 20 of the model; give values that keep it between 0 and "
        "20",
    ),
    "correlation: unknown": (
        '"Hire: hiring_rate"',
        '"hire: hirng rate"',
        "uncertainty.toml:52: correlations #1 factors: there is no factor 'hire: hirng rate'; "
        "did you mean 'hire: hiring rate'? factors are called NAME, NAME (strength), NAME "
        "(slope) or POLICY: NAME",
    ),
    "correlation: three": (
        '"Hire: hiring_rate"]',
        '"staff", "tasks"]',
        "uncertainty.toml:52: correlations #1 factors: must be two in brackets, not 3",
    ),
    "correlation: itself": (
        '"Hire: hiring_rate"]',
        '"STAY"]',
        "uncertainty.toml:52: correlations #1 factors: 'stay' is correlated with itself; name "
        "two factors",
    ),
    "correlation: one": (
        "rank = 0.6",
        "rank = 1.0",
        "uncertainty.toml:53: correlations #1 rank: the rank correlation is 1; give a number "
        "above -1 and below 1",
    ),
    "correlation: reason": (
        'reason = "Both follow the labour market."\n',
        "",
        "uncertainty.toml:51: correlations #1: there is neither 'reason' nor 'source'; say why "
        "this is assumed, or where it comes from",
    ),
    "correlation: twice": (
        "[[correlations]]",
        "[[correlations]]\n"
        'factors = ["hire: hiring rate", "stay"]\n'
        "rank = 0.1\n"
        'reason = "x"\n'
        "[[correlations]]",
        "uncertainty.toml:56: correlations #2 factors: 'stay' and 'hire: hiring rate' are "
        "given twice; keep one of them",
    ),
    "correlation: not possible": (
        "[[correlations]]",
        "[[correlations]]\n"
        'factors = ["tasks", "stay"]\n'
        "rank = 0.9\n"
        'reason = "x"\n'
        "[[correlations]]\n"
        'factors = ["tasks", "hire: hiring rate"]\n'
        "rank = -0.9\n"
        'reason = "x"\n'
        "[[correlations]]",
        "uncertainty.toml:53: correlations #1 rank: no quantities can have all these "
        "correlations at once (smallest eigenvalue -0.63); the one of 'stay' and 'tasks' fits "
        "least; bring it nearer to what the others imply, or multiply all of them by 0.6",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_whole_line(uncertain_refusal, case) -> None:
    old, new, line = case
    assert uncertain_refusal(old, new) == line
