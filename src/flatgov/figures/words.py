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
        "en": "What each policy changes: {variable} less that under “{policy}”, draw by draw",
        "zh": "各项政策的效果：{variable}与“{policy}”之差（逐次抽样）",
    },
    "effects subtitle": {
        "en": "Under each name: the median difference in {date}, and the interval of 90 % of the "
        "draws.",
        "zh": "政策名下：{date}差异的中位数及 90% 抽样的区间。",
    },
    "effects draws": {
        "en": "{draws} draws of all uncertain quantities, the same ones for every policy.",
        "zh": "对全部不确定量抽样 {draws} 次，各项政策使用相同的抽样。",
    },
    "effects unit": {
        "en": "difference in {variable} ({unit})",
        "zh": "{variable}之差（{unit}）",
    },
    "page": {"en": "{title} ({page} of {pages})", "zh": "{title}（{page}/{pages}）"},
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
