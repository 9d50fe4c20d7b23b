INSERT INTO manifests (id, name, loaded_at) VALUES (:id, :name, :at)
