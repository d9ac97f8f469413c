"""The words of the figures of analyses: sensitivity, timing and behaviour, in each language."""

from __future__ import annotations

ANALYSES: dict[str, dict[str, str]] = {
    # Uncertain quantities
    "strength": {"en": "{name} (strength)", "zh": "{name}（强度）"},
    "slope": {"en": "{name} (slope)", "zh": "{name}（斜率）"},
    "change of": {"en": "{owner}: {name}", "zh": "{owner}：{name}"},
    "change number": {"en": "{owner}: {name} {number}", "zh": "{owner}：{name}（第{number}项）"},
    "and others": {"en": "{names} + {count} others", "zh": "{names} + 另{count}项"},
    "together": {"en": "{count} correlated quantities", "zh": "{count}个相关的量"},
    "distribution triangular": {"en": "triangular", "zh": "三角"},
    "distribution uniform": {"en": "uniform", "zh": "均匀"},
    "distribution normal": {"en": "normal", "zh": "正态"},
    "distribution lognormal": {"en": "lognormal", "zh": "对数正态"},
    "distribution beta": {"en": "beta", "zh": "贝塔"},
    "distribution discrete": {"en": "discrete", "zh": "离散"},
    "range within": {"en": ", within {low} to {high}", "zh": "，限于{low}至{high}"},
    "range at least": {"en": ", at least {low}", "zh": "，不小于{low}"},
    "range at most": {"en": ", at most {high}", "zh": "，不大于{high}"},
    # What is analysed
    "under": {"en": "{name} under “{policy}”", "zh": "“{policy}”下的{name}"},
    "less": {
        "en": "the difference in {name}, “{policy}” minus “{against}”",
        "zh": "“{policy}”与“{against}”的{name}之差",
    },
    "unit of": {"en": "unit: {unit}", "zh": "单位：{unit}"},
    # Sensitivity at the end
    "tornado title": {"en": "What decides {what}, {date}", "zh": "{date}{what}取决于什么"},
    "factor": {"en": "uncertain quantity", "zh": "不确定的量"},
    "distribution": {"en": "distribution", "zh": "分布"},
    "measure total": {
        "en": "total: variance left if all but this became known",
        "zh": "总效应：其余各量均已知时仍剩的方差占比",
    },
    "measure first": {
        "en": "first order: variance gone if only this became known",
        "zh": "一阶：仅该量已知时消除的方差占比",
    },
    "measure mu_star": {
        "en": "µ*: mean size of the effect over the whole range",
        "zh": "µ*：在整个取值范围内效应的平均大小",
    },
    "measure sigma": {
        "en": "σ: how far the effect varies with the other quantities",
        "zh": "σ：效应随其他量变动的程度",
    },
    "measure prcc": {
        "en": "partial rank correlation, all others accounted for",
        "zh": "偏秩相关（已扣除其他量）",
    },
    "measure rho": {"en": "Spearman’s rank correlation", "zh": "斯皮尔曼秩相关"},
    "interval of": {"en": "{percent} % interval", "zh": "{percent}%区间"},
    "others": {
        "en": "the other {count}: first-order indices together",
        "zh": "其余{count}项：一阶合计",
    },
    "largest of others": {"en": "the largest of the other {count}", "zh": "其余{count}项中最大者"},
    "sobol axis": {
        "en": "share of the variance (dimensionless)",
        "zh": "占方差的比例（无量纲）",
    },
    "morris axis": {"en": "effect on {heading}", "zh": "对{heading}的影响"},
    "rank axis": {"en": "rank correlation (dimensionless)", "zh": "秩相关系数（无量纲）"},
    "sobol subtitle": {
        "en": "First-order indices of all quantities add to {sum} ({low} to {high}); what is "
        "missing to 1 is what they do together. Standard deviation: {spread}.",
        "zh": "所有量的一阶指数合计{sum}（{low}至{high}），与1的差额为各量的交互作用。"
        "标准差：{spread}。",
    },
    "morris subtitle": {
        "en": "σ that is large beside µ* means that the effect is not linear or depends on others; "
        "groups have none.",
        "zh": "σ相对µ*较大，说明效应非线性或取决于其他量；相关的组没有σ。",
    },
    "rank subtitle": {
        "en": "To the right: more of the quantity, more of the outcome.",
        "zh": "向右：该量越大，结果越大。",
    },
    "sobol made": {
        "en": "Sobol indices of {factors} independent quantities or groups, {samples} rows, "
        "seed {seed}.",
        "zh": "索博尔指数：{factors}个独立的量或组，{samples}行样本，随机种子{seed}。",
    },
    "morris made": {
        "en": "Morris screening of {factors} independent quantities or groups, {samples} paths, "
        "seed {seed}.",
        "zh": "莫里斯筛选：{factors}个独立的量或组，{samples}条路径，随机种子{seed}。",
    },
    "rank made": {
        "en": "Rank correlations with {factors} quantities, {samples} draws, seed {seed}.",
        "zh": "与{factors}个量的秩相关，{samples}次抽样，随机种子{seed}。",
    },
    "group": {"en": "One group: {members}.", "zh": "合为一组：{members}。"},
    "rows left out": {
        "en": "Up to {count} of them are left out, as runs failed.",
        "zh": "其中至多{count}个有运行失败，未计入。",
    },
    # Sensitivity over time
    "over time title": {
        "en": "What decides {what}, over time",
        "zh": "{what}取决于什么：随时间变化",
    },
    "the outcome": {"en": "each outcome under “{policy}”", "zh": "“{policy}”下的各项结果"},
    "the difference": {
        "en": "by how much “{policy}” differs from “{against}”",
        "zh": "“{policy}”与“{against}”的差异",
    },
    "sobol over time": {
        "en": "Areas: first-order shares of the variance, the {count} largest of each outcome by "
        "name.",
        "zh": "色块：一阶方差占比，各项结果中最大的{count}个量标出名称。",
    },
    "morris over time": {
        "en": "Lines: µ*, the mean size of the effect over the whole range, the {count} biggest of "
        "each outcome.",
        "zh": "线条：µ*，即在整个取值范围内效应的平均大小，各项结果取最大的{count}个量。",
    },
    "rank over time": {
        "en": "Lines: partial rank correlations, the {count} biggest of each outcome.",
        "zh": "线条：偏秩相关，各项结果取最大的{count}个量。",
    },
    "rho over time": {
        "en": "Lines: Spearman’s rank correlations, the {count} biggest of each outcome.",
        "zh": "线条：斯皮尔曼秩相关，各项结果取最大的{count}个量。",
    },
    "all others": {"en": "all others", "zh": "其他各量"},
    "interactions": {"en": "together only (interactions)", "zh": "交互作用"},
    "quiet": {
        "en": "(almost) nothing varies",
        "zh": "几乎没有差异",
    },
    "above one": {
        "en": "above 1: the samples are too few",
        "zh": "超过1：样本过少",
    },
    "quiet key": {
        "en": "spread below {percent} % of its largest: nothing to explain",
        "zh": "离散程度不足最大值的{percent}%：无可解释",
    },
    # Timing
    "timing title": {
        "en": "Until when “{policy}” brings {name} back",
        "zh": "“{policy}”最迟何时启动才能使{name}恢复",
    },
    "timing subtitle more": {
        "en": "Back: at least {percent} % of the value under “{against}” in the same draw at the "
        "same time.",
        "zh": "恢复：同一次抽样、同一时点达到“{against}”下数值的{percent}%以上。",
    },
    "timing subtitle less": {
        "en": "Back: the value under “{against}” is at least {percent} % of it in the same draw at "
        "the same time.",
        "zh": "恢复：同一次抽样、同一时点“{against}”下的数值至少为其{percent}%。",
    },
    "timing end": {"en": "At the end, {date}", "zh": "在终点（{date}）"},
    "timing after": {"en": "{time} after the start", "zh": "启动后{time}"},
    "timing back": {"en": "draws in which it is back (%)", "zh": "已恢复的抽样占比（%）"},
    "timing level": {"en": "{heading}", "zh": "{heading}"},
    "timing last": {
        "en": "point of no return: draws whose last start that brings it back is this (%)",
        "zh": "不可逆转点：以此为最后有效启动时间的抽样占比（%）",
    },
    "timing none": {"en": "none", "zh": "无"},
    "timing later": {"en": "{date} or later", "zh": "{date}或更晚"},
    "timing axis": {"en": "start of the policy ({unit})", "zh": "政策启动时间（{unit}）"},
    "with policy": {
        "en": "with the policy; below, the median",
        "zh": "实施该政策；其下为中位数",
    },
    "without policy": {"en": "without it: “{policy}”", "zh": "不实施：“{policy}”"},
    "at least": {"en": "≥ {percent} %", "zh": "≥ {percent}%"},
    "last above": {
        "en": "≥: the last start with so many draws back",
        "zh": "≥：恢复占比达到该值的最后启动时间",
    },
    "timing made": {"en": "{draws} draws, seed {seed}.", "zh": "{draws}次抽样，随机种子{seed}。"},
    "timing left out": {
        "en": "{count} of them are left out of the points of no return, as runs failed.",
        "zh": "其中{count}次有运行失败，未计入不可逆转点。",
    },
    # Behaviour
    "behaviour title": {
        "en": "How often the model shows what the case describes",
        "zh": "模型在多大比例的抽样中再现案例所述行为",
    },
    "behaviour subtitle": {
        "en": "Share of draws of all that is uncertain in which the whole pattern holds.",
        "zh": "对所有不确定的量抽样，整个行为模式成立的抽样占比。",
    },
    "pattern": {"en": "pattern", "zh": "行为模式"},
    "share of draws": {"en": "share of draws (%)", "zh": "抽样占比（%）"},
    "share and interval": {"en": "% (interval)", "zh": "%（区间）"},
    "base passes": {
        "en": "filled: holds at the model’s own values",
        "zh": "实心：按模型本身取值成立",
    },
    "base fails": {"en": "hollow: does not hold there", "zh": "空心：按模型本身取值不成立"},
    "behaviour made": {
        "en": "{draws} draws, seed {seed}.",
        "zh": "{draws}次抽样，随机种子{seed}。",
    },
    "behaviour left out": {
        "en": "Up to {count} of them are left out of a share, as runs failed.",
        "zh": "其中至多{count}次有运行失败，未计入占比。",
    },
    # How many of a unit of time
    "count Day": {"en": "{count} days", "zh": "{count}天"},
    "count one Day": {"en": "{count} day", "zh": "{count}天"},
    "count one Week": {"en": "{count} week", "zh": "{count}周"},
    "count one Month": {"en": "{count} month", "zh": "{count}个月"},
    "count one Quarter": {"en": "{count} quarter", "zh": "{count}个季度"},
    "count one Year": {"en": "{count} year", "zh": "{count}年"},
    "count Week": {"en": "{count} weeks", "zh": "{count}周"},
    "count Month": {"en": "{count} months", "zh": "{count}个月"},
    "count Quarter": {"en": "{count} quarters", "zh": "{count}个季度"},
    "count Year": {"en": "{count} years", "zh": "{count}年"},
}
