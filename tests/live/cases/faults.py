"""Lost connections and crashes."""
