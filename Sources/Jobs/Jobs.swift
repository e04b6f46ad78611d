// Jobs: uploads, jobs, their states, the worker loop, rescue and retention, and the ports that stores
// implement. Pure: no HTTP, no SQL, no C. It starts with the service.
