"""Suricata's application records under Zeek's field names, which every sensor shares here."""

import re
from collections.abc import Callable, Collection, Mapping

import polars as pl

from pipelines.capture.dnp3 import FUNCTIONS, READS
from pipelines.sources.json_records import text_of

_HTTP = {
    "http_method": "method",
    "hostname": "host",
    "url": "uri",
    "http_user_agent": "user_agent",
    "status": "status_code",
    "http_refer": "referrer",
    "length": "response_body_len",
    "http_content_type": "resp_mime_types",
}
_TLS = {"sni": "server_name", "subject": "subject", "issuerdn": "issuer", "cipher_suite": "cipher", "cipher": "cipher"}
_TLS_VERSIONS = {
    "SSLv2": "SSLv2",
    "SSLv3": "SSLv3",
    "TLSv1": "TLSv10",
    "TLS 1.0": "TLSv10",
    "TLSv1.0": "TLSv10",
    **{f"TLS{gap}1.{minor}": f"TLSv1{minor}" for gap in (" ", "v") for minor in (1, 2, 3)},
}
_FUNCTIONS = {
    "1": "READ_COILS",
    "2": "READ_DISCRETE_INPUTS",
    "3": "READ_HOLDING_REGISTERS",
    "4": "READ_INPUT_REGISTERS",
    "5": "WRITE_SINGLE_COIL",
    "6": "WRITE_SINGLE_REGISTER",
    "15": "WRITE_MULTIPLE_COILS",
    "16": "WRITE_MULTIPLE_REGISTERS",
    "22": "MASK_WRITE_REGISTER",
    "23": "READ_WRITE_MULTIPLE_REGISTERS",
}
_NOTHING: tuple[object, ...] = (None, "", [], {})
_CODE = re.compile(r"[0-9]{1,3}")
_NUMBER = re.compile(r"-?\d+")

_Part = Mapping[str, object]


def shared_fields(kind: str, content: _Part) -> dict[str, str]:
    """The fields that a record of this event type gains under the shared names."""
    found = _found(kind, content)
    texts = {name: text_of(value) for name, value in found.items() if value is not None and value != ""}
    if "version" in texts and kind == "tls":
        texts["version"] = _TLS_VERSIONS.get(texts["version"], texts["version"])
    if kind == "modbus" and found:
        texts["func"] = _function(texts.get("func"))
        texts["is_write"] = text_of("WRITE" in texts["func"])
    if kind == "dnp3":
        texts |= _dnp3_function(texts)
    return texts


def shared_places(kind: str, template: _Part, places: Collection[str]) -> dict[str, str] | None:
    """The same of the template of a shape: names, with the placeholders of what they hold, joined by commas.

    None where what a name holds depends on the values, so that each record has to be read by itself.
    """
    part = template.get(kind)
    found = _found(kind, template)
    if not isinstance(part, dict) or not found:
        return {}
    given = {name: value for name, value in found.items() if value is not None and value != ""}
    known = all(isinstance(value, str) and set(value.split(",")) <= set(places) for value in given.values())
    if not known or _depends(kind, part, given):
        return None
    return {name: str(value) for name, value in given.items()}


def shared_columns(kind: str, names: Collection[str]) -> dict[str, pl.Expr]:
    """What becomes of the columns of these names, by name, before records of this event type hold them."""
    if kind == "tls" and "version" in names:
        return {"version": pl.col("version").replace(_TLS_VERSIONS)}
    if kind == "modbus":
        function = pl.col("func").map_batches(_functions, return_dtype=pl.String)
        return {"func": function, "is_write": function.str.contains("WRITE", literal=True).cast(pl.String)}
    return {}


def _found(kind: str, content: _Part) -> dict[str, object]:
    part, read = content.get(kind), _READERS.get(kind)
    return read(part) if read is not None and isinstance(part, dict) else {}


def _depends(kind: str, part: _Part, given: Mapping[str, object]) -> bool:
    """Whether an empty value would be passed over for another one."""
    if kind == "dns":
        return "rdata" in part and "answers" in given and isinstance(part.get("answers"), list)
    if kind == "tls":
        return isinstance(part.get("server_alpns"), str)
    return kind == "dnp3" or (kind == "modbus" and "func" not in given)


def _function(code: str | None) -> str:
    if code is None or _NUMBER.fullmatch(code) or not code:
        return _FUNCTIONS.get(code or "", f"unknown-{code}")
    return code.upper().replace(" ", "_")


def _functions(codes: pl.Series) -> pl.Series:
    known = {code: _function(code) for code in codes.unique().drop_nulls()}
    return codes.replace(known).fill_null(_function(None))


def _dns(part: _Part) -> dict[str, object]:
    query = _first(part.get("queries")) or _first(part.get("query")) or part
    given = part.get("answers")
    answers = [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []
    rdata = [text_of(answer["rdata"]) for answer in answers if answer.get("rdata") not in _NOTHING]
    if not rdata and part.get("rdata") not in _NOTHING:
        rdata = [text_of(part["rdata"])]
    return {
        "query": query.get("rrname"),
        "qtype_name": query.get("rrtype"),
        "rcode_name": part.get("rcode"),
        "answers": ",".join(rdata),
        "trans_id": part.get("id"),
    }


def _http(part: _Part) -> dict[str, object]:
    return {name: part.get(given) for given, name in _HTTP.items()}


def _tls(part: _Part) -> dict[str, object]:
    named = {name: part[given] for given, name in _TLS.items() if given in part}
    alpn = part.get("server_alpns") or part.get("client_alpns")
    chosen = alpn[0] if isinstance(alpn, list) and alpn else None
    digests = {name: _digest(part.get(name)) for name in ("ja3", "ja3s")}
    return {
        **named,
        "version": part.get("version"),
        "next_protocol": chosen,
        **digests,
        "ja4": part.get("ja4"),
    }


def _digest(fingerprint: object) -> object:
    return fingerprint.get("hash") if isinstance(fingerprint, dict) else None


def _ssh(part: _Part) -> dict[str, object]:
    client, server = part.get("client"), part.get("server")
    return {
        "client": client.get("software_version") if isinstance(client, dict) else None,
        "server": server.get("software_version") if isinstance(server, dict) else None,
        "version": client.get("proto_version") if isinstance(client, dict) else None,
    }


def _modbus(part: _Part) -> dict[str, object]:
    request = part.get("request")
    found = request if isinstance(request, dict) else part
    return {
        "unit_id": found.get("unit_id"),
        "func": found.get("function_raw", found.get("function_code")),
        **_target(found),
    }


def _dnp3(part: _Part) -> dict[str, object]:
    asked, answered = part.get("request"), part.get("response")
    found = asked if isinstance(asked, dict) else answered if isinstance(answered, dict) else part
    application = found.get("application")
    code = application.get("function_code") if isinstance(application, dict) else None
    name = "fc_request" if found is asked or found.get("type") == "request" else "fc_reply"
    return {name: code, "link_source": found.get("src"), "link_destination": found.get("dst")}


def _dnp3_function(texts: Mapping[str, str]) -> dict[str, str]:
    """The functions by name, and whether what is asked changes anything."""
    codes = {name: int(texts[name]) for name in ("fc_request", "fc_reply") if _CODE.fullmatch(texts.get(name, ""))}
    named = {name: FUNCTIONS.get(code, f"unknown-{code}") for name, code in codes.items()}
    return named | ({"is_write": text_of(codes["fc_request"] not in READS)} if "fc_request" in codes else {})


def _target(request: _Part) -> dict[str, object]:
    for name in ("read", "write"):
        part = request.get(name)
        if isinstance(part, dict):
            return {"address": part.get("address"), "quantity": part.get("quantity")}
    return {}


def _first(value: object) -> _Part | None:
    found = value[0] if isinstance(value, list) and value else None
    return found if isinstance(found, dict) else None


_READERS: dict[str, Callable[[_Part], dict[str, object]]] = {
    "dns": _dns,
    "http": _http,
    "tls": _tls,
    "ssh": _ssh,
    "modbus": _modbus,
    "dnp3": _dnp3,
}
