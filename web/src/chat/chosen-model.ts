import { useQuery } from "@tanstack/react-query";
import type { ModelEntry, Models } from "@/api/contract";
import { modelsQuery } from "@/api/queries";
import { useChatOptions } from "./options";

/** The model that the next message goes to: the chosen one while it is here, else the server's default. */
export function chosenModel(known: Models | undefined, chosen: string | null): ModelEntry | undefined {
  return (
    known?.models.find((model) => model.id === chosen) ??
    known?.models.find((model) => model.id === known.default) ??
    known?.models[0]
  );
}

export function useChosenModel(): ModelEntry | undefined {
  const options = useChatOptions();
  const { data } = useQuery(modelsQuery);
  return chosenModel(data, options.model);
}
