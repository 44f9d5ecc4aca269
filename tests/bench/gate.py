"""What the gate claims, shown by simulation: python tests/bench/gate.py [--quick] [--only NAME ...].

The tables of real judgments need annotations.parquet of AlpacaEval in DATA/alpaca_eval; without it they are left out.
Each part takes one to three minutes on one core. Ends with 1 where a share is beyond its bound.
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.gates.coverage import print_coverage
from tests.bench.gates.errors import print_errors
from tests.bench.gates.real_judgments import print_real_judgments
from tests.bench.gates.rules import print_rules
from tests.bench.gates.savings import print_savings
from tests.bench.gates.shopping import print_shopping
from tests.bench.gates.shopping_in_store import print_shopping_in_store
from tests.bench.gates.tables import Size
from tests.data import DATA

PARTS = {
    "errors": print_errors,
    "coverage": print_coverage,
    "rules": print_rules,
    "shopping": print_shopping,
    "store": print_shopping_in_store,
    "savings": print_savings,
}
ORDERS = 20


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a few rows of small size, for a look at the tables")
    parser.add_argument("--only", nargs="*", choices=[*PARTS, "real"], default=[*PARTS, "real"])
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    size, beyond = Size(drawn=5_000, quick=True) if arguments.quick else Size(), []
    for name in arguments.only:
        started = time.process_time()
        if name in PARTS:
            beyond += PARTS[name](size)
        elif (file := arguments.data / "alpaca_eval" / "annotations.parquet").is_file():
            print_real_judgments(file, 1 if arguments.quick else ORDERS)
        print(f"({name}: {time.process_time() - started:.0f} s)\n", flush=True)
    sys.exit(1 if beyond else 0)


if __name__ == "__main__":
    main()
