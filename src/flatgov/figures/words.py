"""Every word that the figures say themselves, in each language."""

from __future__ import annotations

from flatgov.figures.words_analyses import ANALYSES

WORDS: dict[str, dict[str, str]] = ANALYSES | {
    "colon": {"en": ": ", "zh": "："},
    "comma": {"en": ", ", "zh": "，"},
    "moment": {"en": "time {time}", "zh": "时间 {time}"},
    "year": {"en": "year", "zh": "年份"},
    "time": {"en": "time", "zh": "时间"},
    "Second": {"en": "seconds", "zh": "秒"},
    "Minute": {"en": "minutes", "zh": "分钟"},
    "Hour": {"en": "hours", "zh": "小时"},
    "Day": {"en": "days", "zh": "天"},
    "Week": {"en": "weeks", "zh": "周"},
    "Month": {"en": "months", "zh": "月"},
    "Quarter": {"en": "quarters", "zh": "季度"},
    "Year": {"en": "years", "zh": "年"},
    "Dmnl": {"en": "dimensionless", "zh": "无量纲"},
    "no units": {"en": "units not given", "zh": "未给出单位"},
    "heading": {"en": "{name} ({unit})", "zh": "{name}（{unit}）"},
    "start": {"en": "start, {date}", "zh": "起点，{date}"},
    "end": {"en": "end, {date}", "zh": "终点，{date}"},
    "event": {"en": "{date}: {label}", "zh": "{date}：{label}"},
    "headline title": {
        "en": "How the headline variables develop under each policy",
        "zh": "各项政策下主要指标的变化",
    },
    "headline subtitle": {
        "en": "Black: “{policy}”, the reference policy.",
        "zh": "黑线为参照政策“{policy}”。",
    },
    "paths subtitle": {
        "en": "Grey: the paths of the other policies.",
        "zh": "灰色为其他政策的路径。",
    },
    "with title": {"en": "{title}. {text}", "zh": "{title}。{text}"},
    "end title": {
        "en": "Where each policy ends: difference from “{policy}”, {date}",
        "zh": "{date}各项政策与“{policy}”的差异",
    },
    "end subtitle": {
        "en": "Numbers: policy minus reference, in the column’s unit. Colours compare within a "
        "column and do not say which direction is better.",
        "zh": "数字为该政策减去参照政策，单位见列首。颜色仅在同列内比较，不表示优劣。",
    },
    "end value": {"en": "{policy}: value", "zh": "{policy}：数值"},
    "end colours": {
        "en": "difference ÷ largest difference in the column (dimensionless)",
        "zh": "差异 ÷ 本列最大差异（无量纲）",
    },
    "end draws": {
        "en": "Numbers and colours: the run at base values. Bars: differences within {draws} draws "
        "of all uncertain quantities, from 5 % to 95 %, the middle half thick, on the column’s own "
        "scale; the tick is zero. Below the reference’s values: 5 % to 95 % of the draws.",
        "zh": "数字与颜色为基准参数下的运行。横线为全部不确定量 {draws} 次抽样内差异的 5% 至 95%，"
        "粗线为中间一半，各列自有刻度，竖线为零。参照政策数值下方为 5% 至 95% 的抽样。",
    },
    "range": {"en": "{low} to {high}", "zh": "{low} 至 {high}"},
    "policy": {"en": "policy", "zh": "政策"},
    "variable": {
        "en": "difference from the reference, by variable (unit)",
        "zh": "与参照政策的差异，按变量（单位）",
    },
    "total": {"en": "total", "zh": "合计"},
    "item": {"en": "item (unit)", "zh": "项目（单位）"},
    "claims": {"en": "claims {numbers}", "zh": "论断 {numbers}"},
    "claim": {"en": "claim {numbers}", "zh": "论断 {numbers}"},
    "promised": {"en": "promised", "zh": "承诺"},
    "down": {"en": "↓ less", "zh": "↓ 减少"},
    "up": {"en": "↑ more", "zh": "↑ 增加"},
    "same": {"en": "= same", "zh": "= 不变"},
    "tolerance": {"en": "±{percent} % counts as same", "zh": "±{percent}% 以内视为不变"},
    "outcome": {"en": "in the model", "zh": "模型结果"},
    "kept": {"en": "kept", "zh": "已兑现"},
    "not kept": {"en": "not kept", "zh": "未兑现"},
    "ratio": {
        "en": "after ÷ before (log scale, dimensionless)",
        "zh": "改革后 ÷ 改革前（对数刻度，无量纲）",
    },
    "no ratio": {"en": "was zero before: no ratio", "zh": "此前为零，无法求比值"},
    "unless": {"en": " unless a row says otherwise", "zh": "（另注者除外）"},
    "promises subtitle": {
        "en": "Values of the model under “{policy}”, not measurements. "
        "Shaded: where the promise is kept. ±{percent} % counts as same{unless}.",
        "zh": "数值来自模型（政策“{policy}”），并非实测。阴影：承诺兑现的范围。"
        "±{percent}% 以内视为不变{unless}。",
    },
    "kept draws": {"en": "in {share} %", "zh": "{share}% 的抽样"},
    "promises draws": {
        "en": "Dots and numbers: the run at base values. Below them: the same ratio in {draws} "
        "draws of all uncertain quantities, from 5 % to 95 %, the middle half thick; at the right "
        "the share of draws in which the promise is kept.",
        "zh": "圆点与数值为基准参数下的运行；其下为全部不确定量 {draws} 次抽样中同一比值的 5% 至 "
        "95%，粗线为中间一半；右侧为兑现承诺的抽样比例。",
    },
    "total draws": {
        "en": "Areas: the run at base values. Whisker: the total at the end in {draws} draws of "
        "all uncertain quantities, from 5 % to 95 %, the middle half thick.",
        "zh": "面积为基准参数下的运行；竖线为全部不确定量 {draws} 次抽样中终点合计的 5% 至 95%，"
        "粗线为中间一半。",
    },
    "caption": {
        "en": "{sources}Simulation: flatgov {version}, model {model}{scenario}{params}.",
        "zh": "{sources}模拟：flatgov {version}，模型 {model}{scenario}{params}。",
    },
    "sources": {"en": "{text} ", "zh": "{text}"},
    "scenario": {"en": ", scenario “{label}”", "zh": "，情景“{label}”"},
    "params": {"en": ", with {values}", "zh": "，其中 {values}"},
    "param": {"en": "{name} = {value}", "zh": "{name} = {value}"},
    "stocks title": {"en": "Stocks of {name} over time", "zh": "{name}各存量的变化"},
    "variables title": {"en": "Variables of {name} over time", "zh": "{name}各变量的变化"},
    "median": {"en": "median", "zh": "中位数"},
    "band 50": {"en": "50 % of draws", "zh": "50% 的抽样"},
    "band 90": {"en": "90 % of draws", "zh": "90% 的抽样"},
    "base run": {"en": "run at base values", "zh": "基准参数下的运行"},
    "interval": {"en": "{middle} ({low} to {high})", "zh": "{middle}（{low} 至 {high}）"},
    "draws left out": {
        "en": "{failed} of {runs} runs with draws failed and are left out.",
        "zh": "{runs} 次抽样运行中有 {failed} 次失败，未计入。",
    },
    "effects title": {
        "en": "Effect of each policy on {variable}, against “{policy}”",
        "zh": "各项政策对{variable}的影响（相对于“{policy}”）",
    },
    "effects subtitle": {
        "en": "Within each draw. Under the names: median and 90 % of draws, {date}.",
        "zh": "差异在每次抽样内计算。政策名下：{date}的中位数及 90% 的抽样。",
    },
    "effects draws": {
        "en": "{draws} draws of all uncertain quantities, the same ones for every policy.",
        "zh": "对全部不确定量抽样 {draws} 次，各项政策使用相同的抽样。",
    },
    "band draws": {
        "en": "Lines: the run at base values; bands: “{policy}” in {draws} draws of all uncertain "
        "quantities.",
        "zh": "线为基准参数下的运行；色带为“{policy}”在全部不确定量的 {draws} 次抽样中的范围。",
    },
    "beating title": {
        "en": "How often each policy beats “{policy}”",
        "zh": "各项政策优于“{policy}”的概率",
    },
    "beating subtitle": {
        "en": "No line: equal to “{policy}” in every draw. Grey: 50 %.",
        "zh": "无线条处，该政策在每次抽样中都与“{policy}”相同。灰线：50%。",
    },
    "beating less": {
        "en": "draws in which it is less (%)",
        "zh": "数值更低（更优）的抽样所占比例（%）",
    },
    "beating more": {
        "en": "draws in which it is more (%)",
        "zh": "数值更高（更优）的抽样所占比例（%）",
    },
    "paths draws": {
        "en": "Paths: the run at base values; shaded: where {draws} draws of all uncertain "
        "quantities end.",
        "zh": "路径为基准参数下的运行；阴影为全部不确定量 {draws} 次抽样的终点范围。",
    },
    "cloud title": {
        "en": "Where each policy may end: {y} against {x}",
        "zh": "各项政策可能的终点：{y}与{x}",
    },
    "cloud subtitle": {
        "en": "{date}. Shaded: the innermost 50 % and 90 % of the draws.",
        "zh": "{date}。阴影为最靠中心的 50% 和 90% 的抽样。",
    },
    "cloud front": {
        "en": "{date}. Under the names: draws in which no other policy is as good on both.",
        "zh": "{date}。政策名下：没有其他政策在两方面都不逊于该政策的抽样比例。",
    },
    "cloud draws": {
        "en": "{draws} draws of all uncertain quantities, the same ones for every policy; shaded: "
        "the innermost 50 % and 90 % of them.",
        "zh": "对全部不确定量抽样 {draws} 次，各项政策使用相同的抽样；阴影为最靠中心的 50% 和 "
        "90%。",
    },
    "on front": {"en": "on the front: {share} %", "zh": "位于前沿：{share}%"},
    "other medians": {"en": "medians of the others", "zh": "其他政策的中位数"},
    "front": {"en": "Pareto front of the medians", "zh": "中位数的帕累托前沿"},
    "ranks title": {
        "en": "How firmly the policies are ranked, {date}",
        "zh": "{date}政策排名的稳固程度",
    },
    "ranks subtitle": {
        "en": "Sorted by median. Right: draws in which two neighbours swap places.",
        "zh": "按中位数排序。右侧：相邻两项政策次序相反的抽样比例。",
    },
    "percent": {"en": "{share} %", "zh": "{share}%"},
    "better less": {"en": "less is better", "zh": "越低越好"},
    "better more": {"en": "more is better", "zh": "越高越好"},
    "rank": {"en": "rank among the policies (1: best)", "zh": "政策排名（1 为最优）"},
    "rank share": {"en": "draws with this rank (%)", "zh": "取得该排名的抽样比例（%）"},
    "effects unit": {
        "en": "difference in {variable} ({unit})",
        "zh": "{variable}之差（{unit}）",
    },
    "page": {"en": "{title} ({page} of {pages})", "zh": "{title}（{page}/{pages}）"},
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
