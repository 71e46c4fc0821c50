import { useEffect } from "react";
import { useStickToBottom } from "use-stick-to-bottom";

const NEAR_PX = 70;

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
    const look = (): void => {
      const upwards = list.scrollTop < top && list.scrollHeight >= height;
      top = list.scrollTop;
      height = list.scrollHeight;
      if (upwards && height - top - list.clientHeight > NEAR_PX) stopScroll();
    };
    list.addEventListener("scroll", look, { passive: true });
    return () => list.removeEventListener("scroll", look);
  }, [scrollRef, stopScroll]);
  return stick;
}
