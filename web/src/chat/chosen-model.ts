import { useQuery } from "@tanstack/react-query";
import type { ModelEntry } from "@/api/contract";
import { modelsQuery } from "@/api/queries";
import { useChatOptions } from "./options";

/** The model that the next message goes to: the chosen one while it is here, else the server's default. */
export function useChosenModel(): ModelEntry | undefined {
  const options = useChatOptions();
  const { data } = useQuery(modelsQuery);
  return (
    data?.models.find((model) => model.id === options.model) ??
    data?.models.find((model) => model.id === data.default) ??
    data?.models[0]
  );
}
