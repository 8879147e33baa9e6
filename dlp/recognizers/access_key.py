"""Keys of clouds and code hosts, known by the prefixes their providers give them."""

from dlp.formats import pattern_of
from dlp.kinds import Kind
from dlp.profiles import DIGIT, LETTER, OTHER, SEPARATOR

ACCESS_KEY = Kind(
    name="access_key",
    entity_type="ACCESS_KEY",
    gate="AKIA|ASIA|AGPA|AIDA|AROA|ANPA|LTAI|AKID|gh[pousr]_|github_pat_|glpat-|sk_live_|xox[abprs]-|AIza",
    lengths=(16, 107),
    of=DIGIT | LETTER | OTHER | SEPARATOR,
    pattern=pattern_of("access_key"),
    context=("key", "secret", "token", "密钥", "access"),
    marked=True,
    score=0.8,
    alone=0.0,
    examples=("AKIAIOSFODNN7EXAMPLE", "LTAI" + "0a1B2c3D4e5F6g7H8i9J", "ghp_" + "0aB1" * 9),
    counter_examples=("AKIAIOSFODNN7", "ghp_short", "akiaiosfodnn7example"),
)

KINDS = (ACCESS_KEY,)
