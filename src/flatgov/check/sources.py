"""The publications that the checks come from, each looked up before it was put here."""

from __future__ import annotations

SOURCES: dict[str, str] = {
    "barlas1996": (
        "Barlas Y (1996). Formal aspects of model validity and validation in system dynamics. "
        "System Dynamics Review 12(3): 183–210. "
        "doi:10.1002/(SICI)1099-1727(199623)12:3<183::AID-SDR103>3.0.CO;2-4"
    ),
    "boucher_anderson2021": (
        "Boucher N, Anderson R (2021). Trojan Source: invisible vulnerabilities. arXiv; "
        "CVE-2021-42574."
    ),
    "forrester_senge1980": (
        "Forrester JW, Senge PM (1980). Tests for building confidence in system dynamics models. "
        "TIMS Studies in the Management Sciences 14: 209–228."
    ),
    "lai_wahba2001": (
        "Lai D, Wahba R (2001). System dynamics model correctness checklist. Memo D-4851, System "
        "Dynamics in Education Project, Sloan School of Management, Massachusetts Institute of "
        "Technology."
    ),
    "martinez_moyano2012": (
        "Martinez-Moyano IJ (2012). Documentation for model transparency. "
        "System Dynamics Review 28(2): 199–208. doi:10.1002/sdr.1471"
    ),
    "peterson_eberlein1994": (
        "Peterson DW, Eberlein RL (1994). Reality check: a bridge between systems thinking and "
        "system dynamics. System Dynamics Review 10: 159–174. doi:10.1002/sdr.4260100205"
    ),
    "rahmandad_sterman2012": (
        "Rahmandad H, Sterman JD (2012). Reporting guidelines for simulation-based research in "
        "social sciences. System Dynamics Review 28(4): 396–411. doi:10.1002/sdr.1481"
    ),
    "sterman2000": (
        "Sterman JD (2000). Business Dynamics: Systems Thinking and Modeling for a Complex World. "
        "Irwin/McGraw-Hill. ISBN 0-07-238915-X"
    ),
}
