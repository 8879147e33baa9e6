"""Names of the object identifiers in certificates, as OpenSSL and Zeek write them."""

ATTRIBUTES = {
    "2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST",
    "2.5.4.9": "street", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.13": "description",
    "2.5.4.15": "businessCategory", "2.5.4.17": "postalCode", "2.5.4.42": "GN", "2.5.4.46": "dnQualifier",
    "2.5.4.97": "organizationIdentifier", "0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress", "1.2.840.113549.1.9.2": "unstructuredName",
    "1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL", "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST",
    "1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
}  # fmt: skip
SIGNATURES = {
    "1.2.840.113549.1.1.2": "md2WithRSAEncryption", "1.2.840.113549.1.1.3": "md4WithRSAEncryption",
    "1.2.840.113549.1.1.4": "md5WithRSAEncryption", "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
    "1.3.14.3.2.29": "sha1WithRSA", "1.2.840.113549.1.1.10": "rsassaPss",
    "1.2.840.113549.1.1.11": "sha256WithRSAEncryption", "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
    "1.2.840.113549.1.1.13": "sha512WithRSAEncryption", "1.2.840.113549.1.1.14": "sha224WithRSAEncryption",
    "1.2.840.10040.4.3": "dsaWithSHA1", "2.16.840.1.101.3.4.3.1": "dsa_with_SHA224",
    "2.16.840.1.101.3.4.3.2": "dsa_with_SHA256", "1.2.840.10045.4.1": "ecdsa-with-SHA1",
    "1.2.840.10045.4.3.1": "ecdsa-with-SHA224", "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    "1.2.840.10045.4.3.3": "ecdsa-with-SHA384", "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
    "1.3.101.112": "ED25519", "1.3.101.113": "ED448", "1.2.156.10197.1.501": "SM2-with-SM3",
    "1.2.156.10197.1.504": "RSA-SM3", "2.16.840.1.101.3.4.3.17": "ML-DSA-44", "2.16.840.1.101.3.4.3.18": "ML-DSA-65",
    "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
}  # fmt: skip
RSA, DSA, ELLIPTIC = "1.2.840.113549.1.1.1", "1.2.840.10040.4.1", "1.2.840.10045.2.1"
# An algorithm of keys: OpenSSL's name and the type that Zeek derives from it.
KEYS = {
    RSA: ("rsaEncryption", "rsa"), "1.2.840.113549.1.1.10": ("rsassaPss", "rsa"), DSA: ("dsaEncryption", "dsa"),
    ELLIPTIC: ("id-ecPublicKey", "ecdsa"), "1.2.840.10046.2.1": ("dhpublicnumber", "dh"),
    "1.3.101.110": ("X25519", "x25519"), "1.3.101.112": ("ED25519", "ed25519"), "1.3.101.113": ("ED448", "ed448"),
    "2.16.840.1.101.3.4.3.17": ("ML-DSA-44", "ml-dsa-44"), "2.16.840.1.101.3.4.3.18": ("ML-DSA-65", "ml-dsa-65"),
    "2.16.840.1.101.3.4.3.19": ("ML-DSA-87", "ml-dsa-87"),
}  # fmt: skip
# Elliptic curves with their bits.
CURVES = {
    "1.2.840.10045.3.1.1": ("prime192v1", 192), "1.3.132.0.33": ("secp224r1", 224),
    "1.2.840.10045.3.1.7": ("prime256v1", 256), "1.3.132.0.10": ("secp256k1", 256), "1.3.132.0.34": ("secp384r1", 384),
    "1.3.132.0.35": ("secp521r1", 521), "1.2.156.10197.1.301": ("SM2", 256), "1.3.132.0.1": ("sect163k1", 163),
    "1.3.132.0.8": ("secp160r1", 160), "1.3.36.3.3.2.8.1.1.7": ("brainpoolP256r1", 256),
    "1.3.36.3.3.2.8.1.1.11": ("brainpoolP384r1", 384), "1.3.36.3.3.2.8.1.1.13": ("brainpoolP512r1", 512),
}  # fmt: skip
