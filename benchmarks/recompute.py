"""What each U-block keeps for the backward pass and what it takes to compute it again: where recompute=most comes from.

    python benchmarks/recompute.py --size 288

Shapes alone are computed, in float32; in half precision each map takes half of the bytes. The last block is computed
again by no choice: the backward pass begins there, while everything else is still held.
"""

import argparse

from portrait_matting.cli import command
from portrait_matting.models import u2net
from portrait_matting.models.recompute import BlockCost, costs, most

NETWORKS = ("u2net", "u2netp")


def table(found: list[BlockCost]) -> str:
    """Markdown: a row for each block, those that save most for a FLOP first."""
    kept, flops, chosen = sum(cost.kept for cost in found), sum(cost.flops for cost in found), most(found)
    lines = [
        "| block | kept, MB | share | forward, GFLOP | share | bytes per kFLOP | recomputed by |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    for cost in sorted(found, key=lambda cost: cost.kept / cost.flops, reverse=True):
        by = "most, all" if cost.block in chosen else "none" if cost is found[-1] else "all"
        lines.append(
            f"| {cost.block} | {cost.kept / 1e6:.1f} | {cost.kept / kept:.1%} | {cost.flops / 1e9:.2f} | "
            f"{cost.flops / flops:.1%} | {1e3 * cost.kept / cost.flops:.2f} | {by} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=288, help="side of the image in pixels (default: 288)")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    options = parser.parse_args()
    for network in options.networks:
        print(f"\n{network}, one image of {options.size}²\n")
        print(table(costs(getattr(u2net, network), options.size, batch=1)))


if __name__ == "__main__":
    command.run(main)
