// App: the HTTP service, written against the ports of ObjectDetection and Jobs. It starts with the service.
