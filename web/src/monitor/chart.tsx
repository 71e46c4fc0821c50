import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Sample } from "@/api/contract";
import { SAMPLE_SECONDS } from "./feed";

const HEIGHT_PX = 64;

interface ChartProps {
  samples: Sample[];
  of: (sample: Sample) => number | null;
  /** A second line above the first: what waits on top of what runs. */
  and?: (sample: Sample) => number | null;
  top?: number | null;
  tone: "accent" | "ink";
  label: string;
  stepped?: boolean;
}

/** A small line over the last five minutes, in the page's colours. Its numbers stand beside it as text. */
export function Chart({ samples, of, and, top = null, tone, label, stepped = false }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const two = and !== undefined;

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const draw = (): void => {
      const data = plot.current?.data ?? (two ? [[], [], []] : [[], []]);
      plot.current?.destroy();
      plot.current = new uPlot(options(element, { tone, top, stepped, two }), data, element);
    };
    draw();
    const sized = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: HEIGHT_PX }),
    );
    sized.observe(element);
    const themed = new MutationObserver(draw);
    themed.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      sized.disconnect();
      themed.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [tone, top, stepped, two]);

  useEffect(() => {
    const times = samples.map((sample) => sample.at);
    const lines = and ? [samples.map(and), samples.map(of)] : [samples.map(of)];
    plot.current?.setData([times, ...lines] as uPlot.AlignedData);
  });

  return <div ref={place} role="img" aria-label={label} style={{ height: HEIGHT_PX }} />;
}

interface Look {
  tone: "accent" | "ink";
  top: number | null;
  stepped: boolean;
  two: boolean;
}

function options(element: HTMLElement, { tone, top, stepped, two }: Look): uPlot.Options {
  const colour = (name: string) => getComputedStyle(element).getPropertyValue(name).trim();
  const main = colour(tone === "accent" ? "--accent" : "--ink-2");
  const paths = stepped ? { paths: uPlot.paths.stepped?.({ align: 1 }) } : {};
  const line = (stroke: string): uPlot.Series => ({
    stroke,
    width: 1.5,
    fill: `${stroke}22`,
    points: { show: false },
    spanGaps: false,
    ...(paths as Partial<uPlot.Series>),
  });
  return {
    width: element.clientWidth,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { show: false },
    padding: [6, 0, 0, 0],
    scales: {
      x: { range: (_, __, max) => [max - SAMPLE_SECONDS, max] },
      y: { range: (_, __, max) => [0, Math.max(top ?? 0, max ?? 0, 1)] },
    },
    axes: [
      {
        stroke: colour("--ink-3"),
        size: 18,
        gap: 2,
        font: "10px sans-serif",
        space: 70,
        grid: { show: false },
        ticks: { show: false },
        values: (_, ticks) => ticks.map(timeOf),
      },
      { show: false },
    ],
    series: [{}, ...(two ? [line(colour("--warn"))] : []), line(main)],
  };
}

function timeOf(at: number): string {
  return new Date(at * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}
