"""Names of people: Chinese by surname, English by given name; believed for whole columns, hints only inside text."""

from dlp.kinds import CAPITALS, CHINESE, Kind
from dlp.profiles import BEYOND, DIGIT, LOWER, OTHER, SEPARATOR, UPPER, X

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆"
    "郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左"
    "涂谷祁耿牟卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强丘肖饶车冉房边吉刁晏蒲沙佘米池褚沃卓官来"
    "柴阚冼连蓝闫郎鄢占尚时国冀娄巫敖应宗凤瞿危迟戚滕邰简仇艾商党符师商巩郁邬帅储匡练揭蔺楼麦骆臧喻缪苟虞谈闻衣岑桑封郗原全冷晋晁"
    "舒蒙华穆古窦宫佟卞姬栾荣寇仲麻苑邝鞠荆胥栗燕楚谌奚皮粟厉伊仝郜屠朴廉禹漆丰卿狄敬扈芮阙浦戈鹿邸雍辜羊裘亓况宿逯茹慕嵇昝尉冶"
    # The same, and some more, as they are written in Taiwan and Hong Kong.
    "陳張劉楊趙黃吳孫馬羅鄭謝韓馮蕭許鄧呂蘇盧蔣賈葉閻鐘蔡賴龔陸龍萬錢湯範韋顧嚴溫蘆聶叢喬莊塗龐凌費紀靳歐項遊陽裴衛畢鮑單闕饒閔車鄔連簡廖游詹邱巫柯"
)
_COMPOUND = (
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|夏侯|诸葛|尉迟|皇甫|澹台|公孙|慕容|令狐|长孙|宇文|司徒|司空|鲜于|闾丘|亓官"
)
_GIVEN_NAMES = (
    "James|John|Robert|Michael|William|David|Richard|Joseph|Thomas|Charles|Christopher|Daniel|Matthew|Anthony|Mark|Donald|"
    "Steven|Paul|Andrew|Joshua|Kenneth|Kevin|Brian|George|Timothy|Ronald|Edward|Jason|Jeffrey|Ryan|Jacob|Gary|Nicholas|Eric|"
    "Jonathan|Stephen|Larry|Justin|Scott|Brandon|Benjamin|Samuel|Gregory|Alexander|Frank|Patrick|Raymond|Jack|Dennis|Jerry|"
    "Tyler|Aaron|Jose|Adam|Nathan|Henry|Douglas|Zachary|Peter|Kyle|Ethan|Walter|Noah|Jeremy|Christian|Keith|Roger|Terry|Sean|"
    "Austin|Gerald|Carl|Harold|Dylan|Arthur|Lawrence|Jordan|Jesse|Bryan|Billy|Bruce|Gabriel|Joe|Logan|Alan|Juan|Albert|Willie|"
    "Wayne|Randy|Mary|Patricia|Jennifer|Linda|Elizabeth|Barbara|Susan|Jessica|Sarah|Karen|Lisa|Nancy|Betty|Margaret|Sandra|"
    "Ashley|Kimberly|Emily|Donna|Michelle|Carol|Amanda|Dorothy|Melissa|Deborah|Stephanie|Rebecca|Sharon|Laura|Cynthia|Kathleen|"
    "Amy|Angela|Shirley|Anna|Brenda|Pamela|Emma|Nicole|Helen|Samantha|Katherine|Christine|Debra|Rachel|Carolyn|Janet|Catherine|"
    "Maria|Heather|Diane|Ruth|Julie|Olivia|Joyce|Virginia|Victoria|Kelly|Lauren|Christina|Joan|Evelyn|Judith|Megan|Andrea|"
    "Cheryl|Hannah|Jacqueline|Martha|Gloria|Teresa|Ann|Sara|Madison|Frances|Kathryn|Janice|Jean|Abigail|Alice|Julia|Judy|"
    "Sophia|Grace|Denise|Amber|Doris|Marilyn|Danielle|Beverly|Isabella|Theresa|Diana|Natalie|Brittany|Charlotte|Marie|Kayla|"
    "Alexis|Lori|Tammy|Tiffany|Kristin|Kristen|Danny|Crystal|Erin|Courtney|Derek|Cody|Chad|Travis|Marcus|Shannon|Tracy|Dawn|"
    "Tina|Holly|Erica|April|Jamie|Katie|Michele|Kristina|Melanie|Leslie|Robin|Peggy|Wendy|Monica|Cindy|Jill|Jasmine|Veronica|"
    "Todd|Craig|Shane|Phillip|Philip|Johnny|Bobby|Antonio|Luis|Carlos|Jesus|Miguel|Angel|Oscar|Ricardo|Mario|Edwin|Troy|Joel"
)
# The last character of a name is never the generic word of a place or an organisation.
_LAST = r"[^\x00-\u4dff\ua000-\uffff市县区省州镇乡村路街巷号局部厅处科院校店厂司室组色縣區號廠]"

_NAME = rf"(?:{_COMPOUND})[\u4e00-\u9fff]{{1,2}}|[{SURNAMES}][\u4e00-\u9fff]?{_LAST}"
_ANOTHER = rf"[、,，;；/ |]{{1,2}}(?:{_NAME})"
_BESIDE = r"[ ,，/、:：;；(（|-]{0,2}"
_NUMBER = r"(?:(?:\+?86[- ]?)?1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}|0[0-9]{2,3}-?[2-8][0-9]{6,7}|[1-9][0-9]{16}[0-9Xx])"

# 张伟, 欧阳修文; 张伟、李娜
CHINESE_NAME = Kind(
    name="chinese_name",
    entity_type="PERSON",
    gate=CHINESE,
    lengths=(2, 40),
    of=BEYOND | OTHER | SEPARATOR,
    needs=BEYOND,
    pattern=rf"(?:{_NAME})(?:{_ANOTHER}){{0,7}}"
    r"|[\u4e00-\u9fff]{2,6}·[\u4e00-\u9fff]{2,6}(?:·[\u4e00-\u9fff]{1,6})?",
    shape=r"[\u4e00-\u9fff]{2,4}",
    shape_chance=0.35,
    context=("姓名", "联系人", "先生", "女士", "同志"),
    score=0.3,
    alone=0.9,
    in_text=False,
    spread=1,
    masked_forms=(rf"(?:{_COMPOUND}|[{SURNAMES}])[*某]{{1,3}}[\u4e00-\u9fff]?", r"\*{1,2}[\u4e00-\u9fff]{1,2}"),
    examples=(
        "张伟",
        "欧阳修文",
        "阿依古丽·买买提",
        "张伟、李娜",
        "王芳;赵敏",
    ),
    counter_examples=(
        "福州市",
        "的人",
        "张伟、福州市",
    ),
)

# 张伟 13800138000, 李娜（0591-87654321）
NAME_WITH_NUMBER = Kind(
    name="name_with_number",
    entity_type="PERSON",
    gate=CHINESE,
    lengths=(12, 40),
    of=BEYOND | DIGIT | X | OTHER | SEPARATOR,
    needs=BEYOND | DIGIT,
    pattern=rf"(?:{_NAME}){_BESIDE}{_NUMBER}[)）]?|{_NUMBER}{_BESIDE}(?:{_NAME})[)）]?",
    shape_chance=1e-3,
    context=("姓名", "联系人"),
    score=0.3,
    alone=0.3,
    named=0.2,
    in_text=False,
    examples=("张伟 13800138000", "李娜(0591-87654321)", "13800138000/欧阳修文"),
    counter_examples=("电话 13800138000", "张伟 12345", "福州市 0591-87654321"),
)

_WORD = r"[A-Z\u00c0-\u00de][A-Za-z\u00c0-\u024f\u1e00-\u1eff'.-]*"
_TITLE = r"(?:(?:Mr|Mrs|Ms|Dr|Miss)\.? )?"
_DEGREE = r"(?: (?:Jr|Sr|MD|DDS|PhD|DVM|II|III)\.?)?"

# Danny Martinez, Dr. Emma O'Neil-Hart
ENGLISH_NAME = Kind(
    name="english_name",
    entity_type="PERSON",
    gate=CAPITALS,
    lengths=(4, 60),
    needs=UPPER | LOWER,
    pattern=rf"{_TITLE}(?:{_GIVEN_NAMES})(?: [A-Z]\.)?(?: [A-Z][A-Za-z'-]+){{1,2}}{_DEGREE}",
    context=("name", "customer", "patient"),
    score=0.3,
    alone=0.3,
    in_text=False,
    examples=(
        "Danny Martinez",
        "Dr. Emma O'Neil-Hart",
    ),
    counter_examples=("Acme Services",),
)

# Any capitalised word or words, in a column that is named for people
NAMED = Kind(
    name="named_person",
    entity_type="PERSON",
    gate="",
    lengths=(2, 60),
    some_of=UPPER | X | BEYOND,
    # ZHANG/WEI MR, as airlines write it
    pattern=rf"{_WORD}(?:,? {_WORD}){{0,3}}|[A-Z]{{2,20}}/[A-Z]{{2,20}}(?: [A-Z]{{2,10}}){{0,2}}"
    r"|[\u4e00-\u9fff]{1,2}(?: [\u4e00-\u9fff]{1,2}){1,2}|[\u4e00-\u9fff]{2,4}(?:·[\u4e00-\u9fff]{1,6})?",
    named=0.7,
    in_text=False,
    masked_forms=(r"[\u4e00-\u9fff]{1,2}\*{1,3}[\u4e00-\u9fff]?", r"[A-Z][a-z]?\*+(?: [A-Z]?\*+)?"),
    examples=(
        "Zhang San",
        "ZHANG/SAN MR",
        "张伟",
        "阿依古丽·买买提",
    ),
    counter_examples=("12345", "A级"),
)

KINDS = (CHINESE_NAME, NAME_WITH_NUMBER, ENGLISH_NAME, NAMED)
