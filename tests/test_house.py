"""The rules of the house (CONTRIBUTING.md says why): where things live, who imports whom, how they are named.

A rule is a function that yields what breaks it, as ``file:line: what``. The sources are read, not imported.
"""

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = {"harness": {"harness"}} | {room: {room, "harness"} for room in ("tpo", "benchmarks", "reports")}
"""What each room may import; the command line, on top of them, may import all."""
FLOORS = {"gate": 4, "evaluation": 3, "judges": 2, "samplers": 2, "store": 2, "api": 1, "models": 1, "stats": 1}
"""The harness's folders; its own files lie below them."""
TORCH = (
    "harness/models/weights.py",
    "harness/samplers/local.py",
    "harness/samplers/padding_rule.py",
    "harness/samplers/prefill.py",
    "harness/samplers/token_choice.py",
    "harness/judges/reward_scorer.py",
    "harness/judges/reward_network.py",
    "harness/judges/armorm.py",
    "tpo/trainer/",
    "benchmarks/lm_eval/model.py",
)
RICH = ("reports/formats/", "harness/progress.py")
LONGEST_FUNCTION, LONGEST_FILE = 73, 350
MOST_POSITIONAL_FIELDS = 4
SQL = re.compile(r"\b(SELECT|INSERT (OR \w+ )?INTO|UPDATE \w+ SET|DELETE FROM|(CREATE|ALTER|DROP) (TABLE|VIEW))\s")


@dataclass(frozen=True)
class Source:
    """A file of the product. `module` is for example ``harness.gate.policy`` or ``cli.eval``; ``front`` is the
    package's own ``__init__``."""

    path: str
    module: str
    text: str
    nodes: tuple[ast.AST, ...]

    @property
    def room(self) -> str:
        return self.module.split(".")[0]

    def at(self, node: ast.AST, what: str) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {what}"


@cache
def sources() -> tuple[Source, ...]:
    files = [*ROOT.glob("tpobench/*.py"), *ROOT.glob("tpobench/cli/**/*.py")]
    files += [file for room in ROOMS for file in (ROOT / room).rglob("*.py")]
    return tuple(source(file) for file in sorted(files))


def source(file: Path) -> Source:
    path = file.relative_to(ROOT).as_posix()
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    module = "front" if module == "tpobench" else module.removeprefix("tpobench.")
    text = file.read_text(encoding="utf-8")
    return Source(path, module, text, tuple(ast.walk(ast.parse(text))))


@cache
def imports_of(source: Source) -> tuple[tuple[ast.AST, str], ...]:
    """Every import of a file, those for type checkers and those inside functions too."""
    names: list[tuple[ast.AST, str]] = []
    for node in source.nodes:
        if isinstance(node, ast.Import):
            names += [(node, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [(node, f"{node.module}.{alias.name}") for alias in node.names]
    return tuple(names)


@cache
def own_imports(source: Source) -> tuple[tuple[ast.AST, str], ...]:
    """The imports of the product's own modules, as the modules' names; `import tpobench` alone is none."""
    modules = {each.module for each in sources()}
    own = []
    for node, name in imports_of(source):
        if name.startswith("tpobench."):
            module = name.removeprefix("tpobench.")
            own.append((node, module if module in modules else module.rpartition(".")[0] or "front"))
    return tuple(own)


def outside(places: tuple[str, ...], package: str) -> Iterator[str]:
    for source in sources():
        if not source.path.startswith(places):
            for node, name in imports_of(source):
                if f"{name}.".startswith(f"{package}."):
                    yield source.at(node, f"imports {name}")


def strings(source: Source) -> Iterator[ast.Constant]:
    """The strings of a file but docstrings."""
    said = {id(node.value) for node in source.nodes if isinstance(node, ast.Expr)}
    for node in source.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node


# --- where things live ---


def rooms_import_what_lies_below_them() -> Iterator[str]:
    for source in sources():
        for node, module in own_imports(source):
            if module.split(".")[0] not in ROOMS.get(source.room, {*ROOMS, "cli", "front"}):
                yield source.at(node, f"{source.room} imports {module}")


def the_harness_imports_downwards() -> Iterator[str]:
    def floor(module: str) -> int:
        return FLOORS.get(module.split(".")[1], 0) if module.startswith("harness.") else 0

    for source in sources():
        for node, module in own_imports(source):
            if source.room == "harness" and floor(module) > floor(source.module):
                yield source.at(node, f"imports {module}, from a floor above")


def no_modules_import_each_other() -> Iterator[str]:
    below = {source.module: {module for _, module in own_imports(source)} for source in sources()}

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        ahead = [start]
        while ahead:
            new = below[ahead.pop()] - seen
            seen |= new
            ahead += new
        return seen

    all_reached = {module: reached(module) for module in below}
    for source in sources():
        for node, module in own_imports(source):
            if source.module in all_reached[module] and module != source.module:
                yield source.at(node, f"imports {module}, which imports it in turn")


def sql_is_in_the_store() -> Iterator[str]:
    for source in sources():
        if not source.path.startswith(("harness/store/", *SHOWS_SQL)):
            for node in source.nodes:
                match node:
                    case ast.Call(func=ast.Attribute(attr="sql" | "execute" | "executemany")):
                        yield source.at(node, f"calls {ast.unparse(node.func)}")
            for text in strings(source):
                if SQL.search(str(text.value)):
                    yield source.at(text, "has SQL")


SHOWS_SQL = {"tpobench/cli/quickstart.py": "prints a query to try"}


def trl_is_in_the_trainer() -> Iterator[str]:
    yield from outside(("tpo/trainer/",), "trl")


def torch_is_where_weights_are() -> Iterator[str]:
    yield from outside(TORCH, "torch")


def tables_are_drawn_by_the_reports() -> Iterator[str]:
    yield from outside(("reports/formats/",), "rich.table")
    yield from outside(RICH, "rich")


# --- how things are named and written ---


def a_class_name_exists_once() -> Iterator[str]:
    classes = defaultdict(list)
    for source in sources():
        for node in source.nodes:
            if isinstance(node, ast.ClassDef):
                classes[node.name].append(source.at(node, f"class {node.name}"))
    for places in classes.values():
        if len(places) > 1:
            yield from places


def a_benchmark_is_named_in_its_folder_only() -> Iterator[str]:
    spelled = re.compile("|".join(benchmark_names()))
    for source in sources():
        if source.room != "benchmarks" and source.path not in NAMES_A_BENCHMARK:
            for text in strings(source):
                for name in spelled.findall(str(text.value)):
                    yield source.at(text, f"names the benchmark {name}")
            for node, module in own_imports(source):
                if module.startswith("benchmarks."):
                    yield source.at(node, f"imports {module}")


def benchmark_names() -> list[str]:
    """Patterns for the names of the declarations and of their folders, longest first."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = project["entry-points"]["tpobench.benchmarks"]
    names = {*declared, *(value.split(":")[0].split(".")[2] for value in declared.values())}
    longest_first = sorted(names, key=len, reverse=True)
    return [rf"\b{re.escape(name)}" + (":" if name in ALSO_A_WORD else r"\b") for name in longest_first]


ALSO_A_WORD = {"categories"}
"""These count where a colon follows."""

NAMES_A_BENCHMARK = {
    "harness/evaluation/declaration.py": "the benchmark that is measured unless another is named",
    "harness/judges/alpaca_eval.py": "a judge, and the package with its prompts, are called so too",
    "harness/gate/policy.py": "the key of a policy under which it has rules on lm-eval's tasks",
    "harness/gate/stored.py": "the same rules",
    "harness/gate/free_rules.py": "the same rules",
    "harness/gate/run.py": "the same rules",
    "harness/gate/task_items.py": "the same rules",
    "harness/store/steps.py": "the name of a run's step, as stores hold it",
    "harness/store/step_details.py": "the same step",
    "tpobench/cli/categorise.py": "the command assigns the categories of the benchmark that is called so",
    "tpo/config.py": "the key of a run's configuration that lists lm-eval's tasks",
}
"""Files that may, and why."""


def a_dataclass_of_many_fields_takes_keywords() -> Iterator[str]:
    for source in sources():
        for node in source.nodes:
            if isinstance(node, ast.ClassDef):
                drawn = [ast.unparse(decorator) for decorator in node.decorator_list]
                fields = [item for item in node.body if isinstance(item, ast.AnnAssign)]
                fields = [item for item in fields if "ClassVar" not in ast.unparse(item.annotation)]
                if len(fields) > MOST_POSITIONAL_FIELDS and any(
                    text.startswith("dataclass") and "kw_only=True" not in text for text in drawn
                ):
                    yield source.at(node, f"{node.name} has {len(fields)} fields and is not kw_only")


def functions_are_short() -> Iterator[str]:
    for source in sources():
        for node in source.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    yield source.at(node, f"{node.name} has {lines} lines")


def files_are_short() -> Iterator[str]:
    for source in sources():
        lines = source.text.count("\n")
        if lines > LONGEST_FILE:
            yield f"{source.path}:1: has {lines} lines"


def nobody_asks_which_class_a_judge_has() -> Iterator[str]:
    for source in sources():
        for node in source.nodes:
            match node:
                case ast.Call(func=ast.Name(id="isinstance"), args=[_, kind]):
                    asked = ast.unparse(kind)
                case ast.MatchClass(cls=kind):
                    asked = ast.unparse(kind)
                case _:
                    continue
            if re.search(r"Judge\b", asked):
                yield source.at(node, f"asks for {asked}")


def the_formatter_is_obeyed() -> Iterator[str]:
    files = [ROOT / source.path for source in sources()] + [*(ROOT / "tests").rglob("*.py")]
    for file in files:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            if re.search(r"#\sfmt:", line) and "fixtures" not in file.parts:
                yield f"{file.relative_to(ROOT)}:{number}: {line.strip()}"


def each_test_file_is_named_like_a_module() -> Iterator[str]:
    for file in sorted((ROOT / "tests").glob("*/**/test_*.py")):
        path = file.relative_to(ROOT / "tests")
        module = ROOT / ("tpobench" if path.parts[0] == "cli" else ".") / path.parent / file.stem.removeprefix("test_")
        names = [f"{module}.py", f"{module}_.py", f"{module}.sql", f"{module}/__init__.py"]
        names.append(f"{module.parent}/__{module.name}__.py")
        if not any(Path(name).exists() for name in names):
            yield f"tests/{path}:1: there is no {module.relative_to(ROOT)}.py"


def the_map_shows_what_there_is() -> Iterator[str]:
    """CONTRIBUTING.md: every file in it exists, and everything is defined where it says."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for path in re.findall(r"\b(?:harness|tpo|benchmarks|reports|tpobench|tests|docs|configs)/[\w./]*\w", text):
        if not re.search(PLACEHOLDER, path) and not (ROOT / path).exists():
            yield f"CONTRIBUTING.md:1: there is no {path}"
    known = {Path(source.path).name for source in sources()}
    for name in re.findall(r"(?<![\w/])[a-z_]+\.py\b", text):
        if name not in known:
            yield f"CONTRIBUTING.md:1: there is no {name}"
    for name, path in re.findall(r"`(\w+)` in `([\w/.]+)`", text):
        defined = rf"^((class|def) {name}\b|{name}(: .*)? = )"
        if not re.search(defined, (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE):
            yield f"CONTRIBUTING.md:1: {path} does not define {name}"


PLACEHOLDER = "NAME|COMMAND"


def the_documents_lead_somewhere() -> Iterator[str]:
    """Files and headings that the documents link to exist, and so do the files of this repository that they name."""
    rooms = "|".join([*ROOMS, "tpobench", "tests", "docs", "configs"])
    for document in documents():
        text = document.read_text(encoding="utf-8")
        for name in re.findall(rf"`((?:{rooms})/[\w./-]+)`", text):
            if not re.search(PLACEHOLDER, name) and not (ROOT / name).exists():
                yield f"{document.name}:1: there is no {name}"
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            file, _, heading = link.partition("#")
            target = document.parent / file if file else document
            if "://" not in link and not target.exists():
                yield f"{document.name}:1: there is no {link}"
            elif "://" not in link and heading and heading not in headings(target):
                yield f"{document.name}:1: {file or document.name} has no heading {heading}"


def documents() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def headings(document: Path) -> set[str]:
    """As links name them."""
    titles = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def a_judge_is_written_in_one_way() -> Iterator[str]:
    """What stands behind the colon of a judge's name is the same word in documents, help and sentences."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    kinds = "|".join(map(re.escape, project["entry-points"]["tpobench.judges"]))
    texts = {document.name: document.read_text(encoding="utf-8") for document in documents()}
    texts |= {source.path: source.text for source in sources()}
    written = defaultdict(dict)
    for path, text in texts.items():
        for kind, argument in re.findall(rf"\b({kinds}):([A-Z]\w*)", text):
            written[kind][argument] = path
    for kind, arguments in written.items():
        if len(arguments) > 1:
            yield from (f"{path}:1: {kind}:{argument}" for argument, path in arguments.items())


RULES: list[Callable[[], Iterator[str]]] = [
    rooms_import_what_lies_below_them,
    the_harness_imports_downwards,
    no_modules_import_each_other,
    sql_is_in_the_store,
    trl_is_in_the_trainer,
    torch_is_where_weights_are,
    tables_are_drawn_by_the_reports,
    a_class_name_exists_once,
    a_benchmark_is_named_in_its_folder_only,
    a_dataclass_of_many_fields_takes_keywords,
    functions_are_short,
    files_are_short,
    nobody_asks_which_class_a_judge_has,
    the_formatter_is_obeyed,
    each_test_file_is_named_like_a_module,
    the_map_shows_what_there_is,
    the_documents_lead_somewhere,
    a_judge_is_written_in_one_way,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_is_in_order(rule: Callable[[], Iterator[str]]) -> None:
    assert list(rule()) == []
