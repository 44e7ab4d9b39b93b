"""What a benchmark says: the machine, ratios turn by turn, and which section of README.md is this machine's."""

import os
import platform
from statistics import median

import torch


def machine(device: str) -> str:
    """Where and on what, in one line: processor, cores, what it computes in, torch, threads or graphics card."""
    capabilities = torch.cpu.get_capabilities()
    name = capabilities.get("cpu_name") or platform.processor() or platform.machine()
    has = [flag for flag in ("avx2", "avx512_f", "avx512_bf16", "amx_bf16") if capabilities.get(flag)]
    threads = torch.get_num_threads()
    parts = [name, f"{os.cpu_count()} cores", " ".join(has), f"torch {torch.__version__}", f"{threads} thread(s)"]
    return ", ".join([torch.cuda.get_device_name(), *parts] if device == "cuda" else parts)


def slot(device: str) -> str:
    """Which table of README.md the figures of this machine belong in."""
    capabilities = torch.cpu.get_capabilities()
    multiplies_in = next((flag for flag in ("amx_bf16", "avx512_bf16") if capabilities.get(flag)), "float32")
    return device if device == "cuda" else f"cpu {multiplies_in}"


def ratio(theirs: list[float], ours: list[float]) -> str:
    """Their seconds over ours, each within one turn: median (least to most)."""
    ratios = [reference / own for reference, own in zip(theirs, ours, strict=True)]
    return f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
