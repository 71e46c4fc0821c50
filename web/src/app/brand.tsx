export function Leaf({ className = "size-5" }: { className?: string }) {
  return <span aria-hidden className={`${className} shrink-0 rounded-[30%_60%_30%_60%] bg-accent`} />;
}

export function Brand() {
  return (
    <span className="flex items-center gap-2 font-[650] tracking-[-.01em]">
      <Leaf />
      Unsloth Studio
    </span>
  );
}
