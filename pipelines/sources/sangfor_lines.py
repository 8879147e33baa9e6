"""What Sangfor's firewalls send by syslog: Chinese names and values, `日志类型:..., 源IP:..., 目的IP:...`."""

import polars as pl

from pipelines.sources.appliance_rows import Told, wanted_of_pairs
from pipelines.sources.pairs import MIDDLE, PAIR, pairs_of, unmarked

# 日志类型:IPS防护日志, 策略名称:ips, 源IP:192.0.2.7, 源端口:40022, 目的IP:198.51.100.2, 目的端口:80, 动作:拒绝
SANGFOR_SAID = r"^(?:\[?fwlog\]?:? *)?日志类型[:\x{FF1A}]"

_PAIR = r"(?:^|[,\x{FF0C}] ?)([^,\x{FF0C}:\x{FF1A}\s][^,\x{FF0C}:\x{FF1A}]{0,30})[:\x{FF1A}] ?"
_WANTED = {
    "source_ip": ("源IP", "源IP地址", "源地址", "IP地址", "用户IP", "登录IP", "主机IP"),
    "source_port": ("源端口",),
    "destination_ip": ("目的IP", "目的IP地址", "目标IP", "目的地址"),
    "destination_port": ("目的端口", "目标端口"),
    "user": ("用户", "用户名", "用户名称", "登录用户", "管理员"),
    "action": ("系统动作", "动作", "处理动作", "拦截动作", "操作类型"),
    "outcome": ("操作结果", "结果", "描述"),
    "severity": ("严重级别", "严重等级", "威胁等级", "威胁级别", "风险等级", "危险等级"),
}
_ACTIONS = {"拒绝": "deny", "阻断": "block", "拦截": "block", "丢弃": "drop", "允许": "allow", "放行": "allow"}
_ACTIONS |= {"记录": "log", "登录": "login", "注销": "logout", "退出": "logout"}


def sangfor_told(lines: pl.DataFrame) -> Told:
    """What such lines (`message`) say; `fields` keeps the names and values as they are."""
    text = unmarked(lines["message"]).str.replace(r"^(?:\[?fwlog\]?:? *)?", "")
    pairs = pairs_of(text.str.replace_all(_PAIR, f"{PAIR}${{1}}{MIDDLE}"))
    pairs = pairs.with_columns(pl.col("key").str.strip_chars(), pl.col("value").str.strip_chars())
    columns = wanted_of_pairs(pairs, _WANTED, lines.height)
    return Told(
        columns.with_columns(pl.col("action").replace(_ACTIONS), pl.lit("fwlog").alias("service")),
        pairs.filter(pl.col("value") != ""),
    )
