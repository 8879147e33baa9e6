"""Suricata's application records under Zeek's field names, which every sensor shares here."""

from collections.abc import Callable, Mapping

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
    1: "READ_COILS",
    2: "READ_DISCRETE_INPUTS",
    3: "READ_HOLDING_REGISTERS",
    4: "READ_INPUT_REGISTERS",
    5: "WRITE_SINGLE_COIL",
    6: "WRITE_SINGLE_REGISTER",
    15: "WRITE_MULTIPLE_COILS",
    16: "WRITE_MULTIPLE_REGISTERS",
    22: "MASK_WRITE_REGISTER",
    23: "READ_WRITE_MULTIPLE_REGISTERS",
}
_Part = Mapping[str, object]


def shared_fields(kind: str, content: _Part) -> dict[str, str]:
    """The fields that a record of this event type gains under the shared names."""
    part = content.get(kind)
    read = _READERS.get(kind)
    if read is None or not isinstance(part, dict):
        return {}
    return {name: text_of(value) for name, value in read(part).items() if value is not None and value != ""}


def _dns(part: _Part) -> dict[str, object]:
    query = _first(part.get("queries")) or _first(part.get("query")) or part
    given = part.get("answers")
    answers = [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []
    rdata = [text_of(answer["rdata"]) for answer in answers if answer.get("rdata")]
    if not rdata and part.get("rdata"):
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
    version = part.get("version")
    alpn = part.get("server_alpns") or part.get("client_alpns")
    chosen = alpn[0] if isinstance(alpn, list) and alpn else None
    ja3 = part.get("ja3")
    digest = ja3.get("hash") if isinstance(ja3, dict) else None
    return {
        **named,
        "version": _TLS_VERSIONS.get(text_of(version), version),
        "next_protocol": chosen,
        "ja3": digest,
    }


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
    code = found.get("function_raw", found.get("function_code"))
    function = _FUNCTIONS.get(code) if isinstance(code, int) else text_of(code or "").upper().replace(" ", "_")
    function = function or f"unknown-{text_of(code)}"
    return {
        "unit_id": found.get("unit_id"),
        "func": function,
        "is_write": "WRITE" in function,
        **_target(found),
    }


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
}
