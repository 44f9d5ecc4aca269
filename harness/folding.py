"""What of a text a reader sees: two texts that look alike fold to the same one."""

import html
import re
import unicodedata
from functools import lru_cache

_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\ud800-\udfff\ue000-\uf8ff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
"""Controls, formats, fillers and private characters: what Unicode calls ignorable, and what shows nothing."""

_CONTROLS = bytes([*range(9), *range(14, 32), 127])

_ACCENTS = re.compile("[\u0300-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")

_LOOK_ALIKES = {
    "АВЕЅІЈКМНОРСТУХҮԌԚԜ": "ABESIJKMHOPCTYXYGQW",  # Cyrillic
    "авеѕіјкмнорстухүԍԛԝԁһӏѵ": "abesijkmhopctyxygqwdhlv",
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ": "ABEZHIKMNOPTYX",  # Greek
    "αεηικνορτυχγωϲϳ": "aenikvoptuxywcj",
    "ոօսհցզ": "nouhgq",  # Armenian
    "ᎪᏴᏟᎠᎬᏀᎻᎫᏦᏞᎷᏢᏒᏚᎢᏙᎳᏃ": "ABCDEGHJKLMPRSTVWZ",  # Cherokee
    "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ": "abcdefghijklmnoprstuvwyz",  # small capitals
    "ıɩɑɡɪɾłøđħŧƚɨʉƅ": "iiagirlodhtliub",
}
_BRACKETS = {
    "⟦": "[[",
    "⟧": "]]",
    "〚": "[[",
    "〛": "]]",
    "【": "[",
    "】": "]",
    "〔": "[",
    "〕": "]",
    "❲": "[",
    "❳": "]",
}
_FOLDS = str.maketrans(
    {odd: plain for odds, plains in _LOOK_ALIKES.items() for odd, plain in zip(odds, plains, strict=True)} | _BRACKETS
)
"""Letters of other scripts that look like Latin ones. Text in these scripts stays as distinct as it was, nearly.

Source: Unicode's confusables.txt, the part that is used in words.
"""


def visible(text: str) -> str:
    """The text without invisible characters, in its compatible form (NFKC) and with single spaces.

    >>> visible("a\\u200b  \\uff42\\u00a0")
    'a b'
    """
    if text.isascii():
        text = text.encode("ascii").translate(None, _CONTROLS).decode("ascii")
    else:
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return " ".join(text.split())


@lru_cache(maxsize=256)
def folded(text: str) -> str:
    """What looks the same is the same: as `visible`, without case and accents, look-alike letters as Latin ones.

    >>> folded("\\u041c\\u0443 f\\u00efn\\u0430l ver\\u200bdict")
    'my final verdict'
    """
    text = visible(html.unescape(text)) if "&" in text else visible(text)
    if not text.isascii():
        text = _ACCENTS.sub("", unicodedata.normalize("NFD", text.translate(_FOLDS)))
        text = unicodedata.normalize("NFC", text)
    return text.casefold()
