export function Leaf({ className = "size-5" }: { className?: string }) {
  return <span aria-hidden className={`${className} shrink-0 rounded-[6px_12px_6px_12px] bg-accent`} />;
}

export function Brand() {
  return (
    <span className="flex items-center gap-2 font-[650] tracking-[-.01em]">
      <Leaf />
      Unsloth Studio
    </span>
  );
}
