"""What the rules watch, by domain, as the tables of the documentation: `python -m tests.rules.content` writes them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from detectors.ruleset import load_ruleset

ROOT = Path(__file__).parents[2]
SIGMA = ROOT / "rules" / "sigma"
SUMMARY, CATALOGUE = ROOT / "docs" / "rules.md", ROOT / "docs" / "rule-catalogue.md"
START, END = "<!-- rules by domain: begin -->", "<!-- rules by domain: end -->"
LEVELS = ("critical", "high", "medium", "low")

# The first domain that names a file has it; a pattern is a path below rules/sigma.
DOMAINS: dict[str, tuple[str, ...]] = {
    "Control protocols 工控协议": ("ics/*",),
    "Cameras, 5G, vehicles 视频、5G、车联网": (
        *("network/camera*", "network/mobile*", "network/subscriber*", "network/vehicle*", "web/camera*"),
        "web/device*",
    ),
    "Zones that must not talk 区域边界": (
        *("network/control*", "network/office*", "network/published*", "network/*_from_internet.yml"),
        *("linux/login_around_bastion.yml", "network/resolver_bypassed.yml"),
    ),
    "Clear-text administration 明文管理": ("network/clear_text*", "network/snmp*", "web/password_in_clear.yml"),
    "Encryption, national suites 密码应用": ("tls/*", "network/ssh_weak*"),
    "Personal data, bulk export, basis 个人信息与导出": (
        *("web/bulk*", "web/register*", "web/identity*", "web/large_answer*", "web/search_engine*"),
        *("linux/database_dumped*", "network/large_upload.yml"),
    ),
    "Silent or tampered logs 日志与审计": (
        *("linux/log_*", "linux/audit_*", "linux/clock*", "windows/event_log*", "windows/logging*", "windows/clock*"),
        *("cloud/*trail_stopped.yml", "cloud/*tracker_stopped.yml", "cloud/*audit_stopped.yml"),
    ),
    "Clouds and Kubernetes 云与容器": ("cloud/*",),
    "DNS 域名": ("dns/*",),
    "Web and middleware Web 与中间件": ("web/*",),
    "Scans 扫描": ("network/*scan.yml", "network/*sweep.yml"),
    "Linux hosts Linux 主机": ("linux/*",),
    "Windows hosts Windows 主机": ("windows/*",),
}


@dataclass(frozen=True)
class Entry:
    """One alerting rule as the catalogue shows it."""

    path: str
    title: str
    title_zh: str
    level: str
    event_class: str
    source: str


@cache
def entries() -> tuple[Entry, ...]:
    """Every alerting rule, by path."""
    return tuple(entry for path in sorted(SIGMA.rglob("*.yml")) for entry in _entries_of(path))


def domain_of(path: str) -> str:
    """The domain that a rule's path below rules/sigma belongs to.

    Raises:
        KeyError: no domain names it.
    """
    for domain, patterns in DOMAINS.items():
        if any(Path(path).match(pattern) for pattern in patterns):
            return domain
    raise KeyError(path)


def summary() -> str:
    """How many rules watch each domain, by level."""
    lines = [f"| domain | rules | {' | '.join(LEVELS)} |", f"|---|{'---:|' * (len(LEVELS) + 1)}"]
    totals: Counter[str] = Counter()
    for domain in DOMAINS:
        levels = Counter(entry.level for entry in entries() if domain_of(entry.path) == domain)
        totals += levels
        lines.append(_row(domain, levels))
    return "\n".join([*lines, _row("all", totals)])


def catalogue() -> str:
    """Every rule with its Chinese title, level, event class and log source, by domain."""
    parts = [
        "# Rule catalogue",
        "",
        "Written from the rules by `python -m tests.rules.content`; [how to read and write them](rules.md).",
    ]
    for domain in DOMAINS:
        parts += ["", f"## {domain}", "", "| rule | 规则 | level | class | reads |", "|---|---|---|---|---|"]
        parts += [
            f"| [{entry.title}](../rules/sigma/{entry.path}) | {entry.title_zh} | {entry.level} | {entry.event_class} "
            f"| {entry.source} |"
            for entry in entries()
            if domain_of(entry.path) == domain
        ]
    return "\n".join(parts) + "\n"


def write() -> None:
    """Put both tables into the documentation."""
    text = SUMMARY.read_text(encoding="utf-8")
    before, after = text.split(START)[0], text.split(END)[1]
    SUMMARY.write_text(f"{before}{START}\n{summary()}\n{END}{after}", encoding="utf-8")
    CATALOGUE.write_text(catalogue(), encoding="utf-8")


def _row(domain: str, levels: Counter[str]) -> str:
    return f"| {domain} | {levels.total()} | {' | '.join(str(levels[level]) for level in LEVELS)} |"


def _entries_of(path: Path) -> Iterator[Entry]:
    documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    sources = sorted({_source(document["logsource"]) for document in documents if "logsource" in document})
    alerting = load_ruleset(path, placeholders={}).alerting_ids
    for document in documents:
        if str(document["id"]) in alerting:
            yield Entry(
                path=path.relative_to(SIGMA).as_posix(),
                title=document["title"],
                title_zh=document.get("title_zh", ""),
                level=document["level"],
                event_class=document["event_class"],
                source=", ".join(sources),
            )


def _source(log_source: dict[str, str]) -> str:
    return " ".join(f"`{log_source[key]}`" for key in ("product", "category", "service") if key in log_source)


if __name__ == "__main__":
    write()
