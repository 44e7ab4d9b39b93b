"""One network on a graphics card, for many threads."""

import queue
import threading
from concurrent.futures import Future

import numpy as np

from portrait_matting.matte.matter import Matter


class SharedNetwork:
    """A thread that has the network to itself, and gives it the photos that wait, some at a time.

    Args:
        matter: photos to mattes.
        batch_size: photos that it sees together, at most.
    """

    def __init__(self, matter: Matter, batch_size: int) -> None:
        self.matter, self.batch_size = matter, batch_size
        self._waiting: queue.SimpleQueue[tuple[np.ndarray, Future] | None] = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True).start()

    def __call__(self, photo: np.ndarray) -> np.ndarray:
        """The matte of a photo, uint8 RGB (H, W, 3), at the network's resolution: float32 (h, w)."""
        answer: Future[np.ndarray] = Future()
        self._waiting.put((photo, answer))
        return answer.result()

    def close(self) -> None:
        """Ends the thread, after all that was asked for is answered."""
        self._waiting.put(None)

    def _work(self) -> None:
        while (request := self._waiting.get()) is not None:
            batch = [request]
            while len(batch) < self.batch_size and not self._waiting.empty():
                if (request := self._waiting.get()) is None:
                    self._waiting.put(None)  # for after this batch
                    break
                batch.append(request)
            self._answer(batch)

    def _answer(self, batch: list[tuple[np.ndarray, Future]]) -> None:
        try:
            mattes = self.matter.mattes([photo for photo, _ in batch])
        except Exception as error:
            if len(batch) == 1:
                batch[0][1].set_exception(error)
            else:  # which of them it was, or whether only all together are too much
                for request in batch:
                    self._answer([request])
        else:
            for (_, answer), matte in zip(batch, mattes, strict=True):
                answer.set_result(matte)
