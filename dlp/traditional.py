"""Chinese labels as the mainland writes them and as Taiwan and Hong Kong do: characters of the one for the other."""

# Of what the headers of columns and the words beside values are made of, each as it is written here and there.
_PAIRS = (
    "电電话話号號证證码碼邮郵账賬银銀车車护護开開户戶联聯系繫职職学學单單订訂编編医醫诊診断斷时時间間备備注註员員师師机機场場"
    "区區县縣镇鎮乡鄉国國别別类類态態状狀价價额額钱錢岁歲龄齡体體检檢验驗业業务務经經纬緯疗療来來会會处處书書记記录錄转轉货貨"
    "军軍驾駕驶駛门門历歷险險税稅发發陆陸湾灣统統组組织織构構识識讯訊执執级級设設钥鑰档檔纳納营營内內"
    "陈陳称稱传傳总總拨撥贷貸储儲辆輛违違环環长長种種属屬馆館办辦据據质質赁賃装裝运運费費签簽领領关關归歸汇匯纪紀买買卖賣"
)
_TRADITIONAL_OF = str.maketrans(dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True)))

SIMPLIFIED = str.maketrans(dict(zip(_PAIRS[1::2], _PAIRS[::2], strict=True)) | {"係": "系", "帳": "账", "帐": "账"})


def with_traditional(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words, and those that Taiwan and Hong Kong write otherwise as they are written there."""
    there = [word.translate(_TRADITIONAL_OF) for word in words]
    return tuple(dict.fromkeys([*words, *there, *(word.replace("台", "臺") for word in there)]))
