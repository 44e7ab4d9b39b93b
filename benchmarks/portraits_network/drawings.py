"""Drawn portraits from processes that draw all the time into a ring on the card, so that the training never waits."""

import multiprocessing
import os
import threading
from collections.abc import Callable

import cv2
import numpy as np
import torch
from pictures import COLUMNS, DRAWN, describe, shared_pool

from portrait_matting.synthetic import draw_layers

# Channels of a drawing's canvas.
PERSON, BEHIND, ALPHA = slice(0, 3), slice(3, 6), slice(6, 7)
SEED = 7000  # of the drawings, plus the training's own: other ones than a training by data=synthetic draws


class Ring:
    """The latest drawings on a card, a pool as `pictures.Pool` is one: `canvas` uint8 (size, 7, H, W), `about`.

    Drawers write into slots that they share with this process, and a thread copies them to the card.
    """

    def __init__(self, size: int, slots: int, workers: int, seed: int) -> None:
        self.size, self.workers, self.seed = size, workers, seed
        self.slots = shared_pool(slots, 7, DRAWN)
        fork = multiprocessing.get_context("fork")  # which must be before CUDA is touched
        self.free, self.ready = fork.SimpleQueue(), fork.SimpleQueue()
        self.processes = [fork.Process(target=self._draw, args=(first,), daemon=True) for first in range(workers)]
        for process in self.processes:
            process.start()
        for slot in range(slots):
            self.free.put(slot)
        self.count, self.stopped = 0, False

    def __len__(self) -> int:
        return min(self.count, self.size)

    def fill(self, device: torch.device, say: Callable[..., None]) -> None:
        """Begins to copy to the card."""
        self.canvas = torch.empty((self.size, 7, *DRAWN), dtype=torch.uint8, device=device)
        self.about = np.zeros((self.size, COLUMNS), np.float32)
        threading.Thread(target=self._fill, args=(device, say), daemon=True).start()

    def stop(self) -> None:
        self.stopped = True
        for process in self.processes:
            process.terminate()

    def _draw(self, index: int) -> None:
        cv2.setNumThreads(1)
        os.nice(2)
        while True:
            slot = self.free.get()
            try:
                layers = draw_layers("train", SEED + self.seed, index, *DRAWN)
            except Exception as error:
                print("drawing", index, "failed:", repr(error), flush=True)
                index += self.workers
                self.free.put(slot)
                continue
            index += self.workers
            canvas, alpha = self.slots.canvas[slot], np.rint(255 * layers.alpha).astype(np.uint8)
            canvas[PERSON] = np.rint(255 * layers.foreground).astype(np.uint8).transpose(2, 0, 1)
            canvas[BEHIND] = np.rint(255 * layers.background).astype(np.uint8).transpose(2, 0, 1)
            canvas[ALPHA] = alpha
            self.slots.about[slot] = describe(alpha)
            self.ready.put(slot)

    def _fill(self, device: torch.device, say: Callable[..., None]) -> None:
        try:
            stream = torch.cuda.Stream() if device.type == "cuda" else None
            with torch.cuda.stream(stream) if stream else torch.no_grad():
                while not self.stopped:
                    slot, place = self.ready.get(), self.count % self.size
                    self.canvas[place].copy_(torch.from_numpy(self.slots.canvas[slot]))
                    self.about[place] = self.slots.about[slot]
                    if stream:
                        stream.synchronize()
                    self.free.put(slot)
                    self.count += 1
        except Exception as error:
            say("drawings stopped:", repr(error))
