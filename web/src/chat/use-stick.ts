import { useEffect } from "react";
import { useStickToBottom } from "use-stick-to-bottom";

const NEAR_PX = 70;
/** A scroll so soon after a key, a wheel or a press in the list is the person's. */
const ACTED_MS = 1000;
const ACTS = ["keydown", "pointerdown", "touchmove", "wheel"] as const;

/**
 * Keeps the end of a list in sight while it grows, until the person scrolls away, however they do that. The library alone
 * overlooks a scroll by keyboard or scrollbar that brings rows into the document: it takes it for one that their new heights
 * caused, and would jump back to the end with the next word.
 */
export function useStick() {
  const stick = useStickToBottom({ initial: "instant", resize: "instant" });
  const { scrollRef, stopScroll } = stick;
  useEffect(() => {
    const list = scrollRef.current;
    if (!list) return;
    let top = list.scrollTop;
    let height = list.scrollHeight;
    let acted = Number.NEGATIVE_INFINITY;
    const act = (): void => {
      acted = performance.now();
    };
    const look = (): void => {
      const recent = performance.now() - acted < ACTED_MS;
      const upwards = recent && list.scrollTop < top && list.scrollHeight >= height;
      top = list.scrollTop;
      height = list.scrollHeight;
      if (upwards && height - top - list.clientHeight > NEAR_PX) stopScroll();
    };
    list.addEventListener("scroll", look, { passive: true });
    for (const name of ACTS) list.addEventListener(name, act, { passive: true });
    return () => {
      list.removeEventListener("scroll", look);
      for (const name of ACTS) list.removeEventListener(name, act);
    };
  }, [scrollRef, stopScroll]);
  return stick;
}
